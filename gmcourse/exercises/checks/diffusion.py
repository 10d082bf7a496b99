"""Checks of chapter 12: noise added and removed, the bound, scores, a sampler, and what guidance samples."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from gmcourse.data import load
from gmcourse.exercises.checks import by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, tensor
from gmcourse.metrics.diversity import distances, precision_recall


@teaches("A jump over all steps is what makes training cheap: any t can be drawn, and no chain is run.")
@by_cases("x_t", [(3, 2, 7, 0), (1, 4, 5, 0), (9, 3, 4, 1)])
def noised(draw: Draw, rows: int, dims: int, steps: int, edge: int) -> Case:
    """Check x_t of each row, for a t of its own, from a given noise."""
    b = draw.uniform(steps, low=0.05, high=0.4)
    x, noise = draw.normal(2, rows, dims)
    t = torch.randint(2 - edge, steps + edge, (rows,), generator=draw)
    kept, noisy = torch.ones(steps + 1, 1).double(), torch.zeros(steps + 1, 1).double()
    for step, each in enumerate(b, start=1):  # a mean's factor and a variance, one step after the other
        kept[step], noisy[step] = (1 - each).sqrt() * kept[step - 1], (1 - each) * noisy[step - 1] + each
    a, v, one, late = kept[t], noisy[t], b[t - 1, None], (t + 1).clamp(max=steps)
    product = b.cumprod(0)[t - 1, None]
    factors = {
        "the product runs over 1 − β, what is kept, not over β": (product.sqrt(), (1 - product).sqrt()),
        "both roots are missing: 1 − β is the share of the variance that is kept": (a**2, v),
        "the noise is multiplied by its variance; the deviation is wanted": (a, v),
        "x is multiplied by the square of its factor: a root is missing": (a**2, v.sqrt()),
        "that is one step alone; the factors of all t steps multiply": ((1 - one).sqrt(), one.sqrt()),
        "that is one step too many: t steps use β_1 to β_t": (kept[late], noisy[late].sqrt()),
        "that is one step too few: t steps use β_1 to β_t": (kept[t - 1], noisy[t - 1].sqrt()),
        "the factors of x and of the noise are swapped": (v.sqrt(), a),
    }
    suspects = {words: of_x * x + of_noise * noise for words, (of_x, of_noise) in factors.items()}
    return Case((x, t, b, noise), a * x + v.sqrt() * noise, suspects)


@teaches("Bayes' rule gives the way back in closed form, as soon as one knows where it leads.")
@by_cases(("the mean", "the variance"), [(3, 2, 6), (1, 5, 4)])
def posterior(which: int, draw: Draw, rows: int, dims: int, steps: int) -> Case:
    """Check the mean and the variance of q(x_{t−1} | x_t, x)."""
    betas = draw.uniform(steps, low=0.05, high=0.4)
    x_t, x = draw.normal(2, rows, dims)
    t, kept = int(torch.randint(2, steps + 1, (), generator=draw)), (1 - betas).cumprod(0)
    b, now, before = betas[t - 1], kept[t - 1], kept[t - 2]
    precision = (1 - b) / b + 1 / (1 - before)  # Bayes: the step's likelihood times the prior from x
    want = ((1 - b).sqrt() / b * x_t + before.sqrt() / (1 - before) * x) / precision
    clean, noisy = before.sqrt() * b / (1 - now), (1 - b).sqrt() * (1 - before) / (1 - now)
    means = {
        "the coefficients of x and of x_t are swapped": clean * x_t + noisy * x,
        "α_t and σ_t stand where those of t − 1 belong": clean * (1 - b).sqrt() * x + (1 - b).sqrt() * x_t,
        "√(1 − β_t) is missing from the factor of x_t": clean * x + noisy / (1 - b).sqrt() * x_t,
        "a root is missing from the factor of x": clean * before.sqrt() * x + noisy * x_t,
        "that is the mean of q(x_{t−1} | x), which has not seen x_t": before.sqrt() * x,
        "dividing by √(1 − β_t) undoes the shrinking and not the noise": x_t / (1 - b).sqrt(),
    }
    variances = {
        "β_t is the variance of the step there; the step back, with x known, is narrower": b,
        "that is the variance of q(x_{t−1} | x), which has not seen x_t": 1 - before,
        "the ratio is upside down: the way back is narrower than the way there": b * (1 - now) / (1 - before),
    }
    return Case((x_t, x, betas, t), (want, 1 / precision)[which], (means, variances)[which])


@teaches("Even a perfect guess pays where its variance is not the exact one: a cost before any learning.")
@by_cases("the term", [(4, 3), (3, 7), (1, 5)])
def elbo_term(draw: Draw, rows: int, dims: int) -> Case:
    """Check one term of the bound, the KL of the exact step back to the model's."""
    x, guess = draw.normal(rows, dims), draw.leaf(rows, dims)
    gain, exact, extra = draw.uniform(3, low=0.2, high=0.8).tolist()
    v = exact + extra
    true, model = Normal(gain * x, exact**0.5), Normal(gain * guess, v**0.5)
    want, error = kl_divergence(true, model).sum(1), (x - guess).square().sum(1)
    fixed = 0.5 * dims * (exact / v - 1 - math.log(exact / v))
    moved = 0.5 * gain**2 * error / v
    suspects = {
        "that is the plain squared error, the simple loss: its weight in the bound is missing": error,
        "the KL is the other way round: the exact step comes first": kl_divergence(model, true).sum(1),
        "the gain is not squared, as the difference of the means is": fixed + moved / gain,
        "the gain is missing: it multiplies x and the guess": fixed + moved / gain**2,
        "only the means are compared: the variances differ too": moved,
        "the variances' part is counted once; it is there in each dimension": fixed / dims + moved,
        "the difference of the means is divided by the exact variance": fixed + moved * v / exact,
        "a ½ is missing before the difference of the means": fixed + 2 * moved,
    }
    return Case((x, guess, gain, exact, v), want, suspects, {"guess": guess}, {"dimensions": dims})


@teaches("Whoever can denoise knows the gradient of log p_t, and has never computed a density.")
@by_cases(("the noise", "the score"), [(3, 2), (2, 5), (1, 4)], rtol=1e-3)
def denoiser_score(which: int, draw: Draw, rows: int, dims: int) -> Case:
    """Check the noise and the score that a perfect denoiser of a known mixture implies."""
    centres, y = draw.normal(4, dims, std=2.0), draw.leaf(rows, dims)
    a, s = (draw.uniform(rows, 1, low=0.3, high=high) for high in (0.9, 0.8))
    spread = (a**2 * 0.25 + s**2).sqrt()  # the data are normals of width ½
    each = Independent(Normal(a[:, None] * centres, spread[:, None].expand(-1, 4, dims)), 1)
    density = MixtureSameFamily(Categorical(torch.ones(rows, 4).double()), each)
    score, y = torch.autograd.grad(density.log_prob(y).sum(), y)[0], y.detach()
    weights = each.log_prob(y[:, None]).softmax(1)[..., None]
    pulled = centres + a[:, None] * 0.25 / spread[:, None] ** 2 * (y[:, None] - a[:, None] * centres)
    guess = (weights * pulled).sum(1)
    noises = {
        "the guess is not multiplied by α: x_t = α x + σ ε": (y - guess) / s,
        "it is not divided by σ": -(s**2) * score,
        "it is divided by σ²; once by σ is enough": -score,
        "that is the score": score,
    }
    scores = {
        "the guess is not multiplied by α: p_t has its centres at α x": (guess - y) / s**2,
        "that is −ε: the score is divided by σ once more": s * score,
        "that is ε: the score is −ε / σ": -s * score,
        "α x̂ − x_t is to be divided by σ², and so −ε by σ": s**2 * score,
        "that is the way to the guess, x̂ − x_t": guess - y,
    }
    want = (-s * score, score)[which]
    return Case((y, guess, a[:, 0], s[:, 0]), want, (noises, scores)[which])


@teaches("One network and any number of steps: the way back is a choice that training does not make.")
@by_cases("the sample", [(3, 2, 4), (1, 5, 3), (4, 3, 1)])
def ddim(draw: Draw, rows: int, dims: int, steps: int) -> Case:
    """Check a sampler that adds no noise, at any list of α."""
    z, weight = draw.normal(rows, dims), draw.normal(dims, dims)
    alphas = [*draw.uniform(steps, low=0.2, high=0.9).sort().values.tolist(), 1.0]

    def network(x: Tensor, alpha: float) -> Tensor:
        return torch.sin(x @ weight.to(x) + 3 * alpha)

    def walk(step: Callable[..., Tensor], way: list[float] = alphas, root: float = 0.5, at: int = 0) -> Tensor:
        x = z
        for now, then in pairwise(way):
            s, r = ((1 - each**2) ** root for each in (now, then))
            e = network(x, (now, then)[at])
            x = step((x - s * e) / now, e, x, now, then, s, r)
        return x

    def turned(g: Tensor, e: Tensor, x: Tensor, a: float, b: float, s: float, r: float) -> Tensor:
        return b / a * x + (r - s * b / a) * e

    suspects = {
        "the old σ stands where the new one belongs": walk(lambda g, e, x, a, b, s, r: b * g + s * e),
        "x_t stands where the guess x̂ belongs": walk(lambda g, e, x, a, b, s, r: b * x + r * e),
        "a root is missing: σ = √(1 − α²)": walk(turned, root=1),
        "the guess is clipped: it may have any size": walk(lambda g, e, x, a, b, s, r: b * g.clamp(-1, 1) + r * e),
        "x̂ is where the way leads to; a step ends at the next α": walk(lambda g, *_: g),
        "the noise is not put back: x_s = α_s x̂ + σ_s ε̂": walk(lambda g, e, x, a, b, s, r: b * g),
        "x̂ is not divided by α: x_t = α x̂ + σ ε̂": walk(lambda g, e, x, a, b, s, r: b * a * g + r * e),
        "the network is asked for the next α; x still has the old one": walk(turned, at=1),
        "the last step, to α = 1, is missing": walk(turned, alphas[:-1]),
        "that is one step to α = 1: the network is asked again at each α": walk(turned, [alphas[0], 1.0]),
    }
    return Case((network, z, alphas), walk(turned), suspects)


@teaches("The tilted density is what guidance is drawn from in books; the samples are narrower.")
@by_cases("the variance", [(3,), (1,), (6,)], rtol=1e-3)
def guided_variance(draw: Draw, count: int) -> Case:
    """Find the mistake: which variance samples have that are drawn with a guided score."""
    c = draw.uniform(count, low=0.2, high=0.7)
    u = c + draw.uniform(count, low=0.2, high=0.8)
    w = float(0.5 + 2 * torch.rand((), generator=draw))
    noise = torch.linspace(-20, 20, 4001, dtype=torch.float64)[:, None].exp()  # its variance, even in logs
    slope = 0.5 * noise * ((1 + w) / (c + noise) - w / (u + noise))  # of log x, by the probability-flow ODE
    want = noise[-1] * (-2 * torch.trapezoid(slope, dx=0.01, dim=0)).exp()
    suspects = {
        "the weight of the conditional score is 1 + w, not w": c**w * u ** (1 - w),
        "the roles are swapped: 1 + w belongs to the conditional score": u ** (1 + w) * c**-w,
        "the unconditional score is subtracted, not added": c ** (1 + w) * u**w,
        "that is without guidance": c,
        "scores are combined, not variances": (1 + w) * c - w * u,
        "that is one over the tilted variance": (1 + w) / c - w / u,
    }
    return Case((c, u, w), want, suspects, handed=1 / ((1 + w) / c - w / u))


@teaches("Guidance trades the digits that are missing for digits that one can read: the choice is about their use.")
def choose_guidance(answer: Any, draw: Draw) -> None:
    """Measure the saved digits of every weight again, and look for the weight that was chosen."""
    chosen, saved = found_and_why(answer)
    digits, unseen = (load("digits", each) for each in ("train", "test"))
    known, real = digits.pixels.flatten(1).double(), unseen.pixels.flatten(1).double()
    weights, recalls = sorted(float(each[2:]) for each in saved if each[:2] == "w "), []
    if len(weights) < 4 or 0 not in weights:
        mistake("at least four weights are wanted, 0 among them, as `w 0`, `w 1`, …", f"got {weights}")
    for w in weights:
        x = tensor(saved[f"w {w:g}"], "the digits").flatten(1)
        if x.shape[1] != 64 or len(x) < 200:
            mistake("each weight needs at least 200 digits of 64 pixels", f"got {tuple(x.shape)}")
        read = digits.labels[distances(x, known).argmin(1)] == torch.arange(len(x)) % 10
        precision, recall = precision_recall(real, x)
        right = f"{read.double().mean():.0%} read as asked"
        print(f"w = {w:g}: {right}, precision {precision:.2f}, recall {recall:.2f}")
        recalls.append(recall)
    if recalls[-1] >= recalls[weights.index(0)]:
        mistake("the largest weight covers as much as no guidance: is it large, and are these its digits?")
    if chosen is None or float(chosen) not in weights:
        mistake("the weight that you chose is none of those that you measured")
