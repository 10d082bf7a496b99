"""Checks of chapter 03: the loss, PCA's best error, code lengths, the best denoiser, and codes drawn from a fit."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import show
from gmcourse.exercises.compare import agree, finite, normal, tensor
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.mistakes import NotDone, mistake

N = 40_000  # draws of a Monte Carlo estimate


@exercise
def reconstruction_loss(answer: Any, generator: torch.Generator) -> None:
    """Check the mean over the batch of ‖x − x̂‖².

    This is all that an autoencoder is trained with: nothing in it says what a code should look like.
    """
    for batch, channels, side in ((4, 3, 3), (2, 1, 5), (1, 2, 8)):
        x_hat = normal(batch, channels, side, side, generator=generator)
        x = torch.rand(batch, channels, side, side, generator=generator)
        squared = (x.double() - x_hat.double()).square()
        want = squared.flatten(1).sum(1).mean()
        suspects = {
            "it is averaged over the pixels; the squared error of a picture is a sum": squared.mean(),
            "it is summed over the batch; the mean over the batch is wanted": squared.sum(),
            "one number a picture came back; the mean over the batch is wanted": squared.flatten(1).sum(1),
            "this is the norm, not its square": squared.flatten(1).sum(1).sqrt().mean(),
            "the differences are not squared": (x.double() - x_hat.double()).abs().flatten(1).sum(1).mean(),
            "it is divided by the batch twice": want / batch,
            "it is summed over the channels and averaged over the places": squared.sum(1).mean(),
            "the factor ½ was not asked for": want / 2,
            "the sign is wrong: a loss is to be made small": -want,
            "it is not reduced at all": squared,
        }
        agree(ask(answer, x, x_hat), want, "the loss", suspects, inputs={"x_hat": x_hat})


@exercise
def best_linear_error(answer: Any, generator: torch.Generator) -> None:
    """Check the least mean squared error of any linear autoencoder with so many numbers.

    No linear autoencoder with so many numbers can do better, however long it trains.
    """
    for count, dims, kept in ((12, 5, 2), (30, 4, 1), (9, 6, 4)):
        scales = 0.3 + 2 * torch.rand(dims, generator=generator)
        x = (torch.randn(count, dims, generator=generator) * scales + 3).double()
        centred = x - x.mean(0)
        # the reference projects and looks: no eigenvalue is summed
        basis = torch.linalg.svd(centred, full_matrices=False).Vh[:kept]
        want = (centred - centred @ basis.T @ basis).square().sum(1).mean()
        smallest = torch.linalg.eigvalsh(centred.T @ centred / count)
        variances, left_out = smallest.flip(0), smallest[kept:].sum()
        raw = torch.linalg.eigvalsh(x.T @ x / count).flip(0)
        suspects = {
            "the data is not centred: PCA's directions start from the mean": raw[kept:].sum(),
            "that is the variance that is kept; the error is what is left": variances[:kept].sum(),
            "it is divided by N − 1; the mean over N pictures is wanted": want * count / (count - 1),
            "it is summed over the pictures; their mean is wanted": want * count,
            "it is averaged over the dimensions too": want / dims,
            "singular values must be squared: a variance is σ²/N": (variances * count).sqrt()[kept:].sum(),
            "these are standard deviations; their squares are wanted": variances.sqrt()[kept:].sum(),
            "the smallest eigenvalues come first out of `eigh`: the largest were left out": left_out,
            "that is the share of the variance, not the error": want / variances.sum(),
            "one direction too few is kept": variances[kept - 1 :].sum(),
            "one direction too many is kept": variances[kept + 1 :].sum(),
        }
        agree(ask(answer, x.float(), kept), want, "the least error", suspects, rtol=1e-3)


@exercise
def code_bits(answer: Any, generator: torch.Generator) -> None:
    """Check the code length −Σ_d log₂ p_d(symbol_d), one number a picture.

    An entropy coder needs so many bits for these codes: a better model of the symbols is a smaller file.
    """
    for pictures, dims, symbols in ((6, 3, 4), (1, 5, 7), (4, 2, 9)):
        tables = torch.rand(dims, symbols, generator=generator).add(0.05)
        tables = tables / tables.sum(1, keepdim=True)
        codes = torch.randint(symbols, (pictures, dims), generator=generator)
        law = Categorical(probs=tables.double())
        nats, two = -law.log_prob(codes), math.log(2)
        want = nats.sum(1) / two
        first = -tables.double()[0].log2()[codes].sum(1)
        added = -tables.double()[torch.arange(dims), codes].sum(1).log2()
        entropy = (law.entropy().sum() / two).expand(pictures)
        flat = torch.full_like(want, dims * math.log2(symbols))
        suspects = {
            "that is in nats: a bit is log 2 nats": nats.sum(1),
            "the sign is wrong: a length is not negative": -want,
            "it is averaged over the numbers of the code; lengths add up": want / dims,
            "it is averaged over the pictures too; one number a picture is wanted": want.mean(),
            "it is summed over the pictures; sum over the numbers of the code (axis 1)": nats.sum(0) / two,
            "each number of the code has a table of its own; the first is used for all": first,
            "that is the length of an average picture (the entropy), not of these": entropy,
            "that is the length without a model, all symbols alike": flat,
            "probabilities are added; their logarithms add up": added,
            "log 2 is on the wrong side: bits = nats / log 2": nats.sum(1) * two,
        }
        agree(ask(answer, codes, tables), want, "the length", suspects)

    # a long code of rare symbols: the product of probabilities is 0 in float32
    rare = torch.full((200, 2), 1e-4)
    rare[:, 1] = 1 - 1e-4
    value = ask(answer, torch.zeros(1, 200, dtype=torch.long), rare)
    got = finite(value, "the length", "the product of many probabilities underflows: add logarithms")
    agree(got, -200 * torch.tensor([1e-4]).log2(), "the length of 200 rare symbols", rtol=1e-3)


@exercise
def denoise(answer: Any, generator: torch.Generator) -> None:
    """Check x + σ² ∇ log p_σ(x) against the posterior mean by Bayes' rule.

    A good denoiser knows the slope of the log-density of noisy data: its score.
    """
    for points, centres, dims in ((5, 3, 2), (1, 4, 3), (7, 2, 2)):
        sigma = float(0.3 + 0.9 * torch.rand((), generator=generator))
        width = 0.5
        means = 2 * torch.randn(centres, dims, generator=generator).double()
        x = 2 * torch.randn(points, dims, generator=generator)
        variance = width**2 + sigma**2

        def log_prob(y: Tensor, means: Tensor = means, variance: float = variance) -> Tensor:
            squared = (y[:, None].double() - means).square().sum(-1) / variance
            return squared.mul(-0.5).logsumexp(1) - 0.5 * means.shape[1] * math.log(2 * math.pi * variance)

        weights = (-(x[:, None].double() - means).square().sum(-1) / (2 * variance)).softmax(1)
        each = (x[:, None].double() * width**2 + means * sigma**2) / variance
        want = (weights[..., None] * each).sum(1)
        step = want - x.double()
        mean_step, density_step = x + step / points, x + step * log_prob(x).exp()[:, None]
        suspects = {
            "it walks down the density: the sign of the gradient is wrong": x - step,
            "the gradient is multiplied by σ; it must be σ²": x + step / sigma,
            "the gradient is not multiplied by σ²": x + step / sigma**2,
            "σ² is on the wrong side: multiply, do not divide": x + step / sigma**4,
            "that is the way to go (σ² times the gradient); the point x itself is missing": step,
            "that is the gradient alone": step / sigma**2,
            "the gradient of the mean over the batch is N times too small; take that of the sum": mean_step,
            "the point comes back as it was": x.double() + 0 * step,
            "that is the gradient of the density, not of its logarithm": density_step,
            "that is half of the step": x + step / 2,
            "that is twice the step": x + 2 * step,
        }
        agree(ask(answer, log_prob, x, sigma), want, "the denoised point", suspects, rtol=1e-3)


@exercise
def draw_codes(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: draws from the normal fitted to codes, with its mean and all of its covariance.

    A density of the codes turns an autoencoder into a generator, as good as that density fits.
    """
    mixing = torch.tensor([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.5, 0.8, 0.5]])
    mixing = mixing + 0.1 * torch.rand(3, 3, generator=generator)
    shift = torch.tensor([4.0, -2.0, 1.0]) + 0.3 * torch.rand(3, generator=generator)
    codes = torch.randn(500, 3, generator=generator) @ mixing.T + shift
    z = tensor(ask(answer, codes, N), "the draw").detach()
    if tuple(z.shape) != (N, 3):
        mistake(f"the draw has shape {tuple(z.shape)}; expected (n, m) = ({N}, 3)")
    if torch.equal(z, tensor(ask(answer, codes, N), "the draw").detach()):
        mistake("two calls give the same draw: the noise must be fresh each time, so set no seed inside")
    finite(z, "the draw", "the draw is not finite")
    if bool((torch.cdist(z[:50], codes.double()) < 1e-4).any()):
        mistake("these are codes of the data drawn again, no new ones: no normal was fitted")
    _compare_moments(z, codes.double())


def _compare_moments(z: Tensor, codes: Tensor) -> None:
    """Compare mean and covariance of the draws with the fitted ones, and with what mistakes lead to."""
    mean, cov = codes.mean(0), torch.cov(codes.T, correction=0)
    chol = torch.linalg.cholesky(cov)
    found, found_mean = torch.cov(z.T), z.mean(0)
    scale = cov.diagonal().sqrt()
    sizes = torch.outer(scale, scale)
    own = codes.var(0).diag()
    one_spread = codes.std() ** 2 * torch.eye(3, dtype=torch.float64)

    def like(other: Tensor, size: Tensor) -> bool:
        return bool(((found - other).abs() < 0.05 * size).all())

    numbers = f"got the covariance {show(found)}, expected {show(cov)}"
    if like(one_spread, sizes) and bool((found_mean - codes.mean()).abs().max() < 0.1):
        raise NotDone("not done yet: this is still the code that was handed out")
    spreads = {
        "each number has its own spread, but they move together: the covariances are missing": own,
        "one spread for all numbers: the data's directions are lost": one_spread,
        "that is N(0, I)'s covariance: nothing was fitted": torch.eye(3, dtype=torch.float64),
        "the factor is transposed: z = μ + L ε for a column is μ + ε Lᵀ for rows": chol.T @ chol,
        "the noise is multiplied by Σ; it must be a factor L with L Lᵀ = Σ": cov @ cov,
        "the mean was not taken off before the covariance was formed": cov + torch.outer(mean, mean),
    }
    if not like(cov, sizes):
        mine = found.diagonal().sqrt()  # the estimate's error is in proportion to these
        for reason, spread in spreads.items():
            if like(spread, torch.outer(mine, mine)):
                mistake(reason, numbers)
        mistake("the draw has another covariance than the codes", numbers)
    if bool(((found_mean - mean).abs() > 6 * scale / N**0.5 + 1e-4).any()):
        where = f"got the mean {show(found_mean)}, expected {show(mean)}"
        if bool((found_mean.abs() < 6 * scale / N**0.5).all()):
            mistake("the draws lie around 0: the mean of the codes is missing", where)
        mistake("the draw has another mean than the codes", where)
    white = torch.linalg.solve_triangular(chol, (z - found_mean).T, upper=False)
    if bool(((white**4).mean(1) - 3).abs().max() > 0.3):
        mistake("mean and covariance are right, but the draw is not normal: its fourth moment is not 3")
