"""Checks of chapter 03: denoising, PCA's best error, code lengths, the best denoiser, and densities of codes."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from gmcourse.data import load
from gmcourse.exercises.checks import NotDone, ask, by_cases, found_and_why, mistake, show, teaches
from gmcourse.exercises.compare import Case, Draw, agree, finite, fresh_weights, tensor, watched
from gmcourse.exercises.independence import N, fresh_each, independent


@teaches("What is trained to give back more than it was shown has to know what pictures look like.")
def denoising_loss(answer: Any, draw: Draw) -> None:
    """Check the mean over the batch of ‖x − f(x + σ ε)‖², with fresh noise and a clean target."""
    for shape, batch, sigma in (((2, 3, 4), 700, 0.5), ((1, 4, 6), 600, 1.5)):
        layer = nn.Linear(math.prod(shape), math.prod(shape))
        network = nn.Sequential(nn.Flatten(), layer, nn.Tanh(), nn.Unflatten(1, shape))
        fresh_weights(network, draw, 0.3)
        x, given, noises = draw.uniform(batch, *shape), watched(network), []
        for _ in range(2):
            given.clear()
            value = ask(answer, network, x, sigma)
            rows = sum(map(len, given))
            if rows != batch:
                mistake(f"the network is to see each noisy picture once; it saw {rows} for {batch}")
            noisy = torch.cat(given)
            noises.append(noisy - x)
            if torch.equal(noisy, x.float()):
                mistake("the network is shown the clean pictures: the noise is missing")
            if noisy.min() >= 0 and noisy.max() <= 1:
                mistake("what the network is shown is cut to [0, 1]: the noise must stay normal")
            shown = network(noisy).double()
            squared, of_noisy, of_noise = ((each - shown).square().flatten(1) for each in (x, noisy, noisy - x))
            suspects = {
                "its target is the noisy picture; what is wanted back is the clean one": of_noisy.sum(1).mean(),
                "its target is the noise": of_noise.sum(1).mean(),
                "it is averaged over the pixels; the squared error of a picture is a sum": squared.mean(),
                "it is summed over the batch; the mean over the batch is wanted": squared.sum(),
                "this is the norm, not its square": squared.sum(1).sqrt().mean(),
                "the differences are not squared": squared.sqrt().sum(1).mean(),
            }
            leaves = {f"the network's {name}": each for name, each in network[1].named_parameters()}
            agree(value, squared.sum(1).mean(), "the loss", suspects, inputs=leaves)
        for words, wrong in {
            "the noise is multiplied by σ²; σ is its standard deviation": sigma**2,
            "the noise is multiplied by √σ": sigma**0.5,
            "the noise is not multiplied by σ": 1.0,
            "the noise is uniform (`rand`); it must be normal (`randn`)": sigma / 12**0.5,
        }.items():
            if abs(float(noises[0].std()) / wrong - 1) < 0.05:
                mistake(words)
        independent(noises[0] / sigma, noises[1] / sigma, ("picture", "channel", "line", "place"))


@teaches("No linear autoencoder with so many numbers can do better, however long it trains.")
@by_cases(
    "the least error",
    [(12, 5, 2), (30, 4, 1), (9, 6, 4), (4, 7, 2)],
    edges={"the least error with as many numbers as dimensions is 0": (8, 3, 3)},
    rtol=1e-3,
)
def best_linear_error(draw: Draw, count: int, dims: int, kept: int) -> Case:
    """Check the least mean squared error of any linear autoencoder with so many numbers."""
    x = draw.normal(count, dims) * draw.uniform(dims, low=0.3, high=2.3) + 3
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
    return Case((x, kept), want, {} if kept == dims else suspects)


@teaches("An entropy coder needs so many bits for these codes: a better model of the symbols is a smaller file.")
@by_cases(
    "the length",
    [(6, 3, 4), (1, 5, 7), (4, 2, 9)],
    edges={"the product of many probabilities underflows: add logarithms": (3, 300, 2, 1e-6)},
)
def code_bits(draw: Draw, pictures: int, dims: int, symbols: int, rare: float = 0.0) -> Case:
    """Check the code length −Σ_d log₂ p_d(symbol_d), one number a picture."""
    tables = draw.uniform(dims, symbols, low=0.05, high=1.05)
    if rare:  # in a long code: the product of probabilities is 0 in float32, and in float64
        tables = torch.tensor([rare, 1 - rare]).expand(dims, 2)
    tables = (tables / tables.sum(1, keepdim=True)).double()
    codes = torch.randint(symbols, (pictures, dims), generator=draw)
    law = Categorical(probs=tables)
    nats, two, entropy = -law.log_prob(codes), math.log(2), law.entropy().sum()
    suspects = {
        "it is averaged over the numbers of the code; lengths add up": nats.mean(1) / two,
        "it is summed over the pictures; sum over the numbers of the code (axis 1)": nats.sum(0) / two,
        "each number of the code has a table of its own; the first is used for all": -tables[0].log2()[codes].sum(1),
        "that is the length of an average picture (the entropy), not of these": (entropy / two).expand(pictures),
        "that is the length without a model, all symbols alike": torch.full((pictures,), dims * math.log2(symbols)),
        "probabilities are added; their logarithms add up": -(-nats).exp().sum(1).log2(),
        "log 2 is on the wrong side: bits = nats / log 2": nats.sum(1) * two,
    }
    return Case((codes, tables), nats.sum(1) / two, suspects)


@teaches("A good denoiser knows the slope of the log-density of noisy data: its score.")
@by_cases("the denoised point", [(5, 3, 2), (1, 4, 3), (7, 2, 4)], rtol=1e-3)
def denoise(draw: Draw, points: int, centres: int, dims: int) -> Case:
    """Check x + σ² ∇ log p_σ(x) against the posterior mean by Bayes' rule."""
    sigma, width = float(0.3 + 0.9 * torch.rand((), generator=draw)), 0.5
    means, variance = draw.normal(centres, dims, std=1.5), width**2 + sigma**2
    noise = variance**0.5 * draw.normal(points, dims).clamp(-2, 2)
    x = means[torch.arange(points) % centres] + noise  # near the data: elsewhere no density is left

    def log_prob(y: Tensor) -> Tensor:
        squared = (y[:, None].double() - means).square().sum(-1) / variance
        log_centres = math.log(centres) + 0.5 * dims * math.log(2 * math.pi * variance)
        return squared.mul(-0.5).logsumexp(1) - log_centres

    weights = (-(x[:, None] - means).square().sum(-1) / (2 * variance)).softmax(1)
    step = (weights[..., None] * (x[:, None] * width**2 + means * sigma**2) / variance).sum(1) - x
    suspects = {
        "it walks down the density: the sign of the gradient is wrong": x - step,
        "the gradient is multiplied by σ; it must be σ²": x + step / sigma,
        "the gradient is not multiplied by σ²": x + step / sigma**2,
        "σ² is on the wrong side: multiply, do not divide": x + step / sigma**4,
        "that is the way to go (σ² times the gradient); the point x itself is missing": step,
        "that is the gradient alone": step / sigma**2,
        "the gradient of the mean over the batch is N times too small; take that of the sum": x + step / points,
        "the point comes back as it was": x,
        "that is the gradient of the density, not of its logarithm": x + step * log_prob(x).exp()[:, None],
        "that is twice the step": x + 2 * step,
    }
    return Case((log_prob, x, sigma), x + step, suspects)


@teaches("A density of the codes turns an autoencoder into a generator, as good as that density fits.")
def draw_codes(answer: Any, draw: Draw) -> None:
    """Find the mistake: draws from the normal fitted to codes, with its mean and all of its covariance."""
    mixing = torch.tensor([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.5, 0.8, 0.5]]).double()
    mixing = mixing + draw.uniform(3, 3, high=0.1)
    shift = torch.tensor([4.0, -2.0, 1.0]) + draw.uniform(3, high=0.3)
    # the codes themselves are not normal: two clouds in each direction
    base = draw.normal(500, 3, std=0.3) + draw.normal(500, 3).sign()
    codes = base @ mixing.T + shift
    z, again = (tensor(ask(answer, codes, N), "the draw").detach() for _ in range(2))
    if tuple(z.shape) != (N, 3):
        mistake(f"the draw has shape {tuple(z.shape)}; expected (n, m) = ({N}, 3)")
    finite(z, "the draw", "the draw is not finite")
    if float((torch.cdist(z[:50], codes).amin(1) < 1e-4).double().mean()) > 0.5:
        mistake("these are codes of the data drawn again, no new ones: no normal was fitted")
    factor = torch.linalg.cholesky(torch.cov(codes.T, correction=0))
    # what a draw of the fitted normal was made from, up to a rotation
    noise, other = (
        torch.linalg.solve_triangular(factor, (each - codes.mean(0)).T, upper=False).T for each in (z, again)
    )
    fresh_each(noise, other, ("draw", "number"))
    _compare_moments(z, codes, factor)
    independent(noise, other, ("draw", "number"))


def _compare_moments(z: Tensor, codes: Tensor, factor: Tensor) -> None:
    """Compare mean and covariance of the draws with the fitted ones, and with what mistakes lead to."""
    mean, cov = codes.mean(0), factor @ factor.T
    found, found_mean, scale = torch.cov(z.T), z.mean(0), cov.diagonal().sqrt()
    eye = torch.eye(3, dtype=torch.float64)
    one_spread = codes.std() ** 2 * eye

    def like(other: Tensor, size: Tensor) -> bool:
        return bool(((found - other).abs() < 0.05 * torch.outer(size, size) + 1e-9).all())

    numbers = f"got the covariance {show(found)}, expected {show(cov)}"
    if like(one_spread, scale) and bool((found_mean - codes.mean()).abs().max() < 0.1):
        raise NotDone("not done yet: what comes back is still that of the code that was handed out")
    spreads = {
        "each number has its own spread, but they move together: the covariances are missing": codes.var(0).diag(),
        "one spread for all numbers: the data's directions are lost": one_spread,
        "that is N(0, I)'s covariance: nothing was fitted": eye,
        "the factor is transposed: z = μ + L ε for a column is μ + ε Lᵀ for rows": factor.T @ factor,
        "the noise is multiplied by Σ; it must be a factor L with L Lᵀ = Σ": cov @ cov,
        "the mean was not taken off before the covariance was formed": cov + torch.outer(mean, mean),
    }
    if not like(cov, scale):
        for reason, spread in spreads.items():
            if like(spread, found.diagonal().sqrt()):  # the estimate's error is in proportion to these
                mistake(reason, numbers)
        mistake("the draw has another covariance than the codes", numbers)
    if bool(((found_mean - mean).abs() > 6 * scale / N**0.5 + 1e-4).any()):
        where = f"got the mean {show(found_mean)}, expected {show(mean)}"
        if bool((found_mean.abs() < 6 * scale / N**0.5).all()):
            mistake("the draws lie around 0: the mean of the codes is missing", where)
        mistake("the draw has another mean than the codes", where)


@teaches("A good density of codes is all that an autoencoder lacks to be a generative model.")
def density_of_codes(answer: Any, draw: Draw) -> None:
    """Compute what a density gives to codes of digits that it has not seen, and whether its mass is one."""
    fit, model = found_and_why(answer)
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
