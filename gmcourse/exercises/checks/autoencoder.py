"""Checks of chapter 03: denoising, PCA's best error, code lengths, the best denoiser, and densities of codes."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from gmcourse.data import load
from gmcourse.exercises.checks import NotDone, ask, by_cases, found_and_why, mistake, show, teaches
from gmcourse.exercises.compare import Case, agree, agree_always, finite, fresh_weights, tensor, watched
from gmcourse.exercises.independence import N, fresh_each, independent


@teaches("What is trained to give back more than it was shown has to know what pictures look like.")
def denoising_loss(answer: Any, generator: torch.Generator) -> None:
    """Check the mean over the batch of ‖x − f(x + σ ε)‖², with fresh noise and a clean target."""
    what = "the loss"
    for shape, batch, sigma in (((2, 3, 4), 700, 0.5), ((1, 4, 6), 600, 1.5)):
        layer = nn.Linear(math.prod(shape), math.prod(shape))
        network = nn.Sequential(nn.Flatten(), layer, nn.Tanh(), nn.Unflatten(1, shape))
        fresh_weights(network, generator, 0.3)
        x, given = torch.rand(batch, *shape, generator=generator), watched(network)
        noises, first = [], None
        for _ in range(2):
            given.clear()
            value = ask(answer, network, x, sigma)
            first = tensor(value, what) if first is None else first
            rows = sum(map(len, given))
            if rows != batch:
                mistake(f"the network is to see each noisy picture once; it saw {rows} for {batch}")
            noisy = torch.cat(given)
            noises.append((noisy - x).double())
            if torch.equal(noisy, x):
                mistake("the network is shown the clean pictures: the noise is missing")
            if noisy.min() >= 0 and noisy.max() <= 1:
                mistake("what the network is shown is cut to [0, 1]: the noise must stay normal")
            _the_loss(value, network, x, noisy)
        _its_spread(float(noises[0].std()), sigma)
        independent(noises[0] / sigma, noises[1] / sigma, ("picture", "channel", "line", "place"))


def _the_loss(value: Any, network: nn.Sequential, x: Tensor, noisy: Tensor) -> None:
    """Compare the loss with that of the pictures that the network was shown."""
    shown = network(noisy)
    squared = (x.double() - shown.double()).square().flatten(1)
    of_noisy = (noisy.double() - shown.double()).square().flatten(1).sum(1).mean()
    suspects = {
        "its target is the noisy picture; what is wanted back is the clean one": of_noisy,
        "its target is the noise": ((noisy - x).double() - shown.double()).square().flatten(1).sum(1).mean(),
        "it is averaged over the pixels; the squared error of a picture is a sum": squared.mean(),
        "it is summed over the batch; the mean over the batch is wanted": squared.sum(),
        "this is the norm, not its square": squared.sum(1).sqrt().mean(),
        "the differences are not squared": squared.sqrt().sum(1).mean(),
    }
    leaves = {f"the network's {name}": each for name, each in network[1].named_parameters()}
    agree(value, squared.sum(1).mean(), "the loss", suspects, inputs=leaves)


def _its_spread(spread: float, sigma: float) -> None:
    for words, wrong in (
        ("the noise is multiplied by σ²; σ is its standard deviation", sigma**2),
        ("the noise is multiplied by √σ", sigma**0.5),
        ("the noise is not multiplied by σ", 1.0),
        ("the noise is uniform (`rand`); it must be normal (`randn`)", sigma / 12**0.5),
    ):
        if abs(spread / wrong - 1) < 0.05:
            mistake(words)


def _linear(generator: torch.Generator, count: int, dims: int, kept: int) -> Case:
    scales = 0.3 + 2 * torch.rand(dims, generator=generator)
    x = (torch.randn(count, dims, generator=generator) * scales + 3).double()
    centred = x - x.mean(0)
    # the reference projects and looks: no eigenvalue is summed
    basis = torch.linalg.svd(centred, full_matrices=False).Vh[:kept]
    want = (centred - centred @ basis.T @ basis).square().sum(1).mean()
    smallest = torch.linalg.eigvalsh(centred.T @ centred / count)
    variances = smallest.flip(0)
    raw = torch.linalg.eigvalsh(x.T @ x / count).flip(0)
    suspects = {
        "the data is not centred: PCA's directions start from the mean": raw[kept:].sum(),
        "that is the variance that is kept; the error is what is left": variances[:kept].sum(),
        "it is divided by N − 1; the mean over N pictures is wanted": want * count / (count - 1),
        "it is summed over the pictures; their mean is wanted": want * count,
        "it is averaged over the dimensions too": want / dims,
        "singular values must be squared: a variance is σ²/N": (variances * count).sqrt()[kept:].sum(),
        "these are standard deviations; their squares are wanted": variances.sqrt()[kept:].sum(),
        "the smallest eigenvalues come first out of `eigh`: the largest were left out": smallest[kept:].sum(),
        "that is the share of the variance, not the error": want / variances.sum(),
        "one direction too few is kept": variances[kept - 1 :].sum(),
        "one direction too many is kept": variances[kept + 1 :].sum(),
    }
    return Case((x.float(), kept), want, {} if kept == dims else suspects)


@teaches("No linear autoencoder with so many numbers can do better, however long it trains.")
def best_linear_error(answer: Any, generator: torch.Generator) -> None:
    """Check the least mean squared error of any linear autoencoder with so many numbers."""
    shapes = ((12, 5, 2), (30, 4, 1), (9, 6, 4), (4, 7, 2))
    agree_always(answer, "the least error", _linear, generator, *shapes, rtol=1e-3)
    agree_always(answer, "the least error with as many numbers as dimensions", _linear, generator, (8, 3, 3))


def _lengths(generator: torch.Generator, pictures: int, dims: int, symbols: int) -> Case:
    tables = torch.rand(dims, symbols, generator=generator).add(0.05)
    tables = tables / tables.sum(1, keepdim=True)
    codes = torch.randint(symbols, (pictures, dims), generator=generator)
    law = Categorical(probs=tables.double())
    nats, two, entropy = -law.log_prob(codes), math.log(2), law.entropy().sum()
    by_the_first = -tables.double()[0].log2()[codes].sum(1)
    suspects = {
        "it is averaged over the numbers of the code; lengths add up": nats.mean(1) / two,
        "it is summed over the pictures; sum over the numbers of the code (axis 1)": nats.sum(0) / two,
        "each number of the code has a table of its own; the first is used for all": by_the_first,
        "that is the length of an average picture (the entropy), not of these": (entropy / two).expand(pictures),
        "that is the length without a model, all symbols alike": torch.full((pictures,), dims * math.log2(symbols)),
        "probabilities are added; their logarithms add up": -(-nats).exp().sum(1).log2(),
        "log 2 is on the wrong side: bits = nats / log 2": nats.sum(1) * two,
    }
    return Case((codes, tables), nats.sum(1) / two, suspects)


@teaches("An entropy coder needs so many bits for these codes: a better model of the symbols is a smaller file.")
def code_bits(answer: Any, generator: torch.Generator) -> None:
    """Check the code length −Σ_d log₂ p_d(symbol_d), one number a picture."""
    agree_always(answer, "the length", _lengths, generator, (6, 3, 4), (1, 5, 7), (4, 2, 9))
    # a long code of rare symbols: the product of probabilities is 0 in float32, and in float64
    rare = torch.full((200, 2), 1e-4)
    rare[:, 1] = 1 - 1e-4
    codes = torch.stack([torch.zeros(200), torch.ones(200), torch.arange(200) % 2]).long()
    want = -rare.double().log2()[torch.arange(200), codes].sum(1)
    reason = "the product of many probabilities underflows: add logarithms"
    agree(ask(answer, codes, rare), want, "the length", otherwise=reason, rtol=1e-3)


@teaches("A good denoiser knows the slope of the log-density of noisy data: its score.")
@by_cases("the denoised point", [(5, 3, 2), (1, 4, 3), (7, 2, 4)], rtol=1e-3)
def denoise(generator: torch.Generator, points: int, centres: int, dims: int) -> Case:
    """Check x + σ² ∇ log p_σ(x) against the posterior mean by Bayes' rule."""
    sigma, width = float(0.3 + 0.9 * torch.rand((), generator=generator)), 0.5
    means = 1.5 * torch.randn(centres, dims, generator=generator).double()
    variance = width**2 + sigma**2
    x = means[torch.arange(points) % centres].float()  # near the data: elsewhere no density is left
    x = x + variance**0.5 * torch.randn(points, dims, generator=generator).clamp(-2, 2)

    def log_prob(y: Tensor) -> Tensor:
        squared = (y[:, None].double() - means).square().sum(-1) / variance
        log_centres = math.log(centres) + 0.5 * dims * math.log(2 * math.pi * variance)
        return squared.mul(-0.5).logsumexp(1) - log_centres

    weights = (-(x[:, None].double() - means).square().sum(-1) / (2 * variance)).softmax(1)
    each = (x[:, None].double() * width**2 + means * sigma**2) / variance
    want = (weights[..., None] * each).sum(1)
    step = want - x.double()
    suspects = {
        "it walks down the density: the sign of the gradient is wrong": x - step,
        "the gradient is multiplied by σ; it must be σ²": x + step / sigma,
        "the gradient is not multiplied by σ²": x + step / sigma**2,
        "σ² is on the wrong side: multiply, do not divide": x + step / sigma**4,
        "that is the way to go (σ² times the gradient); the point x itself is missing": step,
        "that is the gradient alone": step / sigma**2,
        "the gradient of the mean over the batch is N times too small; take that of the sum": x + step / points,
        "the point comes back as it was": x.double(),
        "that is the gradient of the density, not of its logarithm": x + step * log_prob(x).exp()[:, None],
        "that is twice the step": x + 2 * step,
    }
    return Case((log_prob, x, sigma), want, suspects)


@teaches("A density of the codes turns an autoencoder into a generator, as good as that density fits.")
def draw_codes(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: draws from the normal fitted to codes, with its mean and all of its covariance."""
    mixing = torch.tensor([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.5, 0.8, 0.5]])
    mixing = mixing + 0.1 * torch.rand(3, 3, generator=generator)
    shift = torch.tensor([4.0, -2.0, 1.0]) + 0.3 * torch.rand(3, generator=generator)
    # the codes themselves are not normal: two clouds in each direction
    base = torch.randn(500, 3, generator=generator) * 0.3 + torch.randn(500, 3, generator=generator).sign()
    codes = base @ mixing.T + shift
    z, again = (tensor(ask(answer, codes, N), "the draw").detach() for _ in range(2))
    if tuple(z.shape) != (N, 3):
        mistake(f"the draw has shape {tuple(z.shape)}; expected (n, m) = ({N}, 3)")
    finite(z, "the draw", "the draw is not finite")
    if float((torch.cdist(z[:50], codes.double()).amin(1) < 1e-4).double().mean()) > 0.5:
        mistake("these are codes of the data drawn again, no new ones: no normal was fitted")
    white, white_again = (_whitened(each, codes.double()) for each in (z, again))
    fresh_each(white, white_again, ("draw", "number"))
    _compare_moments(z, codes.double())
    independent(white, white_again, ("draw", "number"))


def _whitened(z: Tensor, codes: Tensor) -> Tensor:
    """What a draw of the fitted normal was made from, up to a rotation."""
    factor = torch.linalg.cholesky(torch.cov(codes.T, correction=0))
    return torch.linalg.solve_triangular(factor, (z - codes.mean(0)).T, upper=False).T


def _compare_moments(z: Tensor, codes: Tensor) -> None:
    """Compare mean and covariance of the draws with the fitted ones, and with what mistakes lead to."""
    mean, cov = codes.mean(0), torch.cov(codes.T, correction=0)
    chol = torch.linalg.cholesky(cov)
    found, found_mean = torch.cov(z.T), z.mean(0)
    scale = cov.diagonal().sqrt()
    one_spread = codes.std() ** 2 * torch.eye(3, dtype=torch.float64)

    def like(other: Tensor, size: Tensor) -> bool:
        return bool(((found - other).abs() < 0.05 * size).all())

    numbers = f"got the covariance {show(found)}, expected {show(cov)}"
    sizes = torch.outer(scale, scale)
    if like(one_spread, sizes) and bool((found_mean - codes.mean()).abs().max() < 0.1):
        raise NotDone("not done yet: what comes back is still that of the code that was handed out")
    spreads = {
        "each number has its own spread, but they move together: the covariances are missing": codes.var(0).diag(),
        "one spread for all numbers: the data's directions are lost": one_spread,
        "that is N(0, I)'s covariance: nothing was fitted": torch.eye(3, dtype=torch.float64),
        "the factor is transposed: z = μ + L ε for a column is μ + ε Lᵀ for rows": chol.T @ chol,
        "the noise is multiplied by Σ; it must be a factor L with L Lᵀ = Σ": cov @ cov,
        "the mean was not taken off before the covariance was formed": cov + torch.outer(mean, mean),
    }
    if not like(cov, sizes):
        mine = found.diagonal().sqrt()  # the estimate's error is in proportion to these
        for reason, spread in spreads.items():
            if like(spread, torch.outer(mine, mine) + 1e-9):
                mistake(reason, numbers)
        mistake("the draw has another covariance than the codes", numbers)
    if bool(((found_mean - mean).abs() > 6 * scale / N**0.5 + 1e-4).any()):
        where = f"got the mean {show(found_mean)}, expected {show(mean)}"
        if bool((found_mean.abs() < 6 * scale / N**0.5).all()):
            mistake("the draws lie around 0: the mean of the codes is missing", where)
        mistake("the draw has another mean than the codes", where)


@teaches("A good density of codes is all that an autoencoder lacks to be a generative model.")
def density_of_codes(answer: Any, generator: torch.Generator) -> None:
    """Compute what a density gives to codes of digits that it has not seen, and whether its mass is one."""
    (fit, model), _ = found_and_why(answer)
    with torch.no_grad():
        seen, unseen = (model.encode(load("digits", split).unit()) for split in ("train", "test"))
    side = torch.linspace(-60, 60, 121)
    log_prob = ask(fit, seen)
    values = [tensor(ask(log_prob, x), "log p").detach() for x in (unseen, torch.cartesian_prod(side, side))]
    for value, size in zip(values, (len(unseen), len(side) ** 2), strict=True):
        if value.shape != (size,):
            mistake("log p(z) of each code is wanted, of shape (N,)", f"got {tuple(value.shape)} for {size} codes")
    finite(values[0], "log p", "log p of codes that were not seen is not finite")
    mass = float(values[1].exp().sum())
    one = torch.distributions.MultivariateNormal(seen.mean(0), torch.cov(seen.T))
    score, normal = float(values[0].mean()), float(one.log_prob(unseen).mean())
    print(f"log p of unseen codes: {score:.2f} nats, one normal {normal:.2f}; mass {mass:.2f}")
    if not 0.95 < mass < 1.05:
        mistake("this is no density: its mass is not 1", f"summed over a grid from −60 to 60 it is {mass:.2f}")
    if score < normal + 0.5:
        mistake("it is not half a nat better than one normal on codes that it has not seen")
