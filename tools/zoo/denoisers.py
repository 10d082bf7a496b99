"""Small denoisers of lesson 12, trained several times: few and many digits, two halves, weights of the loss.

A lesson has no time for so many trainings, and one of each would prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from gmcourse.data import load, toy
from gmcourse.densities import COSINE, NoisedMixture
from gmcourse.metrics.diversity import distances
from gmcourse.models.diffusion import Diffusion, bound, draw, target, times
from gmcourse.models.diffusion.chain import Prediction
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training.schedules import cosine
from gmcourse.zoo.cheap import Rows

SEEDS, STEPS, RATE = 5, 5000, 3e-3
PLANE_STEPS, LEVELS = 1200, (3.0, 1.0, 0.3, 0.1, 0.03)  # σ/α at which the score is measured
Spread = Callable[[Tensor], Tensor]
Found = dict[str, dict[str, list[float]]]


def row(name: str, values: list[float]) -> dict[str, float]:
    """Give the mean of several seeds, and their standard deviation."""
    each = torch.tensor(values)
    return {name: float(each.mean()), f"{name}_spread": float(each.std())}


def rows(found: Found) -> Rows:
    """Do the same for every measurement of every row, and say of how many seeds."""
    return {
        name: {key: x for measured, values in each.items() for key, x in row(measured, values).items()}
        | {"seeds": float(min(map(len, each.values())))}
        for name, each in found.items()
    }


def keep(found: Found, name: str, measured: dict[str, float], seed: int) -> None:
    """Add what one seed gave, and print it."""
    for key, value in measured.items():
        found.setdefault(name, {}).setdefault(key, []).append(value)
    print(name, seed, {key: round(value, 4) for key, value in measured.items()}, flush=True)


def copying(made: Tensor, seen: Tensor) -> float:
    """The share of pictures whose nearest training picture is less than a third as far as the second nearest."""
    two = distances(made, seen).topk(2, largest=False).values
    return float((two[:, 0] < two[:, 1] / 3).float().mean())


def together(
    models: Sequence[Diffusion],
    batch: Callable[[], Tensor],
    spread: Sequence[Spread],
    steps: int,
    average: float = 0.0,
) -> list[Diffusion]:
    """Train M networks of one shape side by side, each on its own rows of `batch`, (M, B, …), and at its own times.

    AdamW moves each weight by itself, so no network sees another; alone, each would take several times as long.
    `spread` makes times of numbers that are even in [0, 1]; `average` is the decay of the weights' average.
    """
    weights, _ = stack_module_state(list(models))
    kept = {name: each.detach().clone() for name, each in weights.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, fused=True)

    def loss(own: dict[str, Tensor], x_t: Tensor, t: Tensor, wanted: Tensor) -> Tensor:
        out: Tensor = functional_call(models[0], own, (x_t, t))
        return (out - wanted).square().mean()

    for now in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * cosine(now, steps)
        x = batch()
        noise, steady = torch.randn_like(x), torch.arange(x.shape[1]) / x.shape[1]
        t = torch.stack([each((torch.rand(()) + steady) % 1) for each in spread])
        wanted = [target(COSINE, model.predicts, *each) for model, *each in zip(models, x, noise, t, strict=True)]
        x_t = COSINE.mix(x.flatten(0, 1), noise.flatten(0, 1), t.flatten()).reshape(x.shape)
        optimizer.zero_grad()
        vmap(loss)(weights, x_t, t, torch.stack(wanted)).sum().backward()
        optimizer.step()
        for name, each in kept.items():
            each.lerp_(weights[name].detach(), 1 - average)
    for name, each in kept.items():
        for model, own in zip(models, each, strict=True):
            model.get_parameter(name).data = own
    return [model.eval().requires_grad_(False) for model in models]


def even(u: Tensor) -> Tensor:
    """Return the times of L_simple."""
    return u


def denoisers(seen: Sequence[Tensor], seed: int) -> list[Diffusion]:
    """Train one small network of lesson 12's kind on each of these sets of digits, for as many steps."""
    seed_torch(seed)
    models = [Diffusion((1, 8, 8), predicts="v", width=128, depth=2) for _ in seen]

    def batch() -> Tensor:
        return torch.stack([part[torch.randint(len(part), (64,))] for part in seen])

    return together(models, batch, [even] * len(models), STEPS)


def mixed_digits(seed: int) -> Tensor:
    """Give the 1,221 training digits in [−1, 1], in an order that depends on the seed."""
    digits = 2 * load("digits").split(0.85)[0].unit() - 1
    return digits[torch.randperm(len(digits), generator=generator(seed))]


def copies(seeds: Iterable[int] = range(SEEDS)) -> Found:
    """Count what a denoiser copies that has seen few digits or many, and measure its error on those and on others."""
    test, found = 2 * load("digits", "test").unit() - 1, Found()
    for seed in seeds:
        mixed = mixed_digits(seed)
        sets = [mixed[:size] for size in (20, 200, len(mixed))]
        for seen, model in zip(sets, denoisers(sets, seed), strict=True):
            seed_torch(seed)
            measured = {
                "copies": copying(model.sample(360, steps=64).flatten(1), seen.flatten(1)),
                "copies_of_test": copying(test.flatten(1), seen.flatten(1)),
            }
            seed_torch(0)
            for name, x in {"error_seen": seen[:360], "error_unseen": test}.items():
                x_t = COSINE.mix(x, torch.randn_like(x), 0.2)
                error = (x - model.denoiser()(x_t, 0.2)).square().flatten(1).sum(1).mean()
                measured[name] = float(error)
            keep(found, f"{len(seen)} digits", measured, seed)
    return found


def apart(one: Tensor, other: Tensor) -> float:
    """The mean distance of pictures that stand beside each other, each picture as one row."""
    return float((one - other).flatten(1).norm(dim=1).mean())


def halves(seeds: Iterable[int] = range(SEEDS)) -> Found:
    """Train two networks on digits that they do not share, and compare what they make of the same noise.

    The experiment of Kadkhodaie et al. 2024 (arXiv:2310.02557). The two begin at weights of their own. `pair` is the
    distance of the two pictures of one noise, `no_pair` that of pictures of different noises.
    """
    test, found = (2 * load("digits", "test").unit() - 1).flatten(1), Found()
    for seed in seeds:
        mixed = mixed_digits(seed)
        parts = [part for size in (20, len(mixed) // 2) for part in mixed[: 2 * size].chunk(2)]
        models, made = denoisers(parts, seed), []
        for model in models:
            seed_torch(seed)
            made.append(model.sample(360, steps=64).flatten(1))
        for k in (0, 2):
            own, other = (part.flatten(1) for part in parts[k : k + 2])
            one, two = made[k : k + 2]
            measured = {
                "pair": apart(one, two),
                "no_pair": apart(one, two.roll(1, 0)),
                "nearest_is_pair": float((distances(one, two).argmin(1) == torch.arange(360)).float().mean()),
                "to_own_half": float(distances(one, own).amin(1).mean()),
                "to_other_half": float(distances(one, other).amin(1).mean()),
                "test_to_own_half": float(distances(test, own).amin(1).mean()),
            }
            keep(found, f"{len(own)} digits", measured, seed)
    return found


def at_noise(ratio: Tensor) -> Tensor:
    """The times of the cosine path at which σ/α has these values."""
    return torch.atan(ratio) / math.atan(math.exp(5.0))


def even_snr(u: Tensor) -> Tensor:
    """Return the times that weigh as the bound does: each unit of log SNR counts ½ ‖ε − ε̂‖²."""
    return at_noise((9.5 * u - 4.5).exp())


def edm(u: Tensor) -> Tensor:
    """Draw as Karras et al. 2022 (arXiv:2206.00364), table 1: log σ ~ N(−1.2, 1.2²) for data of deviation ½."""
    return at_noise((1.2 * torch.special.ndtri(u.clamp(1e-6, 1 - 1e-6)) - 1.2 + math.log(2)).exp())


KINDS: dict[str, tuple[Prediction, Spread]] = {
    "noise, even times": ("noise", even),
    "noise, even log SNR": ("noise", even_snr),
    "v, even times": ("v", even),
    "v, times of EDM": ("v", edm),
}


def planes(moons: toy.Gaussians, seed: int) -> dict[str, Diffusion]:
    """Train the network of lesson 12's plane with each prediction and its times."""
    seed_torch(seed)
    models = [Diffusion((2,), predicts=each, width=96, depth=2, turns=4) for each, _ in KINDS.values()]

    def batch() -> Tensor:
        return moons.sample(256 * len(KINDS)).reshape(len(KINDS), 256, 2)

    trained = together(models, batch, [spread for _, spread in KINDS.values()], PLANE_STEPS, 0.99)
    return dict(zip(KINDS, trained, strict=True))


def energy(one: Tensor, other: Tensor) -> float:
    """Compute the energy distance of two sets of points without the diagonal: 0 on average for one distribution."""
    within = [torch.cdist(x, x).sum() / (len(x) * (len(x) - 1)) for x in (one, other)]
    return float(2 * torch.cdist(one, other).mean() - sum(within))


def weightings(seeds: Iterable[int] = range(SEEDS)) -> Found:
    """Measure score, bound and samples on the plane, by what is predicted and by which times are drawn.

    `gap` is that of the network with 100 steps, even in log SNR, and the variance β̃; `gap_of_exact` is the exact
    denoiser's on the same points and noise.
    """
    moons, found = toy.load("two_moons"), Found()
    assert isinstance(moons, toy.Gaussians)
    exact = NoisedMixture(moons.centres, moons.sigma, COSINE)
    grid, x = times(100, spacing="snr"), moons.sample(1000, generator(0))
    log_p, clean = moons.log_prob(x), moons.sample(2000, generator(1))
    others, start = moons.sample(2000, generator(4)), torch.randn(2000, 2, generator=generator(5))
    best_gap = (bound(exact.posterior_mean, x, grid, generator=generator(2)).sum(0) + log_p).mean()
    trained = [(seed, *each) for seed in seeds for each in planes(moons, seed).items()]
    for seed, name, model in trained:
        denoise, measured = model.denoiser(), {}
        for level, t in zip(LEVELS, at_noise(torch.tensor(LEVELS)).tolist(), strict=True):
            x_t = COSINE.mix(clean, torch.randn(clean.shape, generator=generator(3)), t)
            a, b = COSINE.at(t, x_t)
            best, learned = exact.score(x_t, t), (a * denoise(x_t, t) - x_t) / b**2
            measured[f"score_error_{level:g}"] = float((learned - best).square().sum() / best.square().sum())
        gap = (bound(denoise, x, grid, generator=generator(2)).sum(0) + log_p).mean()
        measured |= {"gap": float(gap), "gap_of_exact": float(best_gap)}
        made = draw(denoise, start, times(64))
        measured |= {"energy": energy(made, clean), "energy_floor": energy(others, clean)}
        keep(found, name, measured, seed)
    return found


SETS: dict[str, Callable[[], Found]] = {
    "digits, copies": copies, "digits, halves": halves, "moons, weights": weightings,
}  # fmt: skip
