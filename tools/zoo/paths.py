"""Lesson 13's comparison over several seeds: two paths, and on each a network for the velocity or for the noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from gmcourse.data import toy
from gmcourse.densities import COSINE, STRAIGHT, Path
from gmcourse.flows.continuous import Velocity, even_times, solve
from gmcourse.models.flow_matching import matching_loss
from gmcourse.nn.residual_mlp import ResidualMLP
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training import EMA, Minimize, fit
from gmcourse.training.schedules import cosine
from tools.zoo.denoisers import SEEDS, Found, energy, keep

STEPS, COUNTS = 1500, (2, 4, 8, 32)  # of training, and of Heun's method
FAINT = 1 / (1 + math.exp(5.0))  # the time of the straight path with the signal-to-noise ratio of the cosine's end
# Each with its times from noise to data. One divides by α, so it begins a little after the noise, as lesson 12 does.
PATHS: dict[str, tuple[Path, float, float]] = {
    "straight": (STRAIGHT, FAINT, 1.0),
    "cosine": (COSINE, 1.0, 0.0),
}


def by_noise(predicted: Velocity, path: Path) -> Velocity:
    """Return the velocity that a prediction of the noise stands for: lesson 13's equation (13.6)."""

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        noise, (alpha, sigma) = predicted(x, t), path.at(t, x)
        return path.velocity((x - sigma * noise) / alpha, noise, t)

    return velocity


def trained(path: Path, target: str, points: Tensor, seed: int) -> Velocity:
    """Train lesson 13's network on one path, and return the velocity that it stands for."""
    seed_torch(seed)
    network = ResidualMLP((2,), width=96, depth=2)

    def loss(x: Tensor) -> Tensor:
        noise, t = torch.randn_like(x), (torch.rand(()) + torch.arange(len(x)) / len(x)) % 1
        if target == "velocity":
            return matching_loss(network, x, noise, t, path)
        return (network(path.mix(x, noise, t), t) - noise).square().sum(1).mean()

    step = Minimize(loss, network, torch.optim.Adam(network.parameters(), lr=3e-3), ema=EMA(network, 0.99))
    fit(step, points, steps=STEPS, batch_size=256, schedule=cosine, seed=seed, progress=False)
    model = step.trained().eval().requires_grad_(False)
    return model if target == "velocity" else by_noise(model, path)


def both() -> Found:
    """Measure the energy distance of moons drawn with few and with many steps, for each path and each target."""
    moons, found = toy.load("two_moons"), Found()
    points, real, other = (moons.sample(n, generator(k)) for k, n in enumerate((20_000, 2000, 2000)))
    floor = energy(other, real)
    for seed, (name, (path, begin, end)), target in product(range(SEEDS), PATHS.items(), ("velocity", "noise")):
        velocity, z = trained(path, target, points, seed), torch.randn(2000, 2, generator=generator(seed))
        measured = {"floor": floor}
        for n in COUNTS:
            measured[f"energy_{n}"] = energy(solve(velocity, z, even_times(n, begin, end)), real)
        keep(found, f"{name}, {target}", measured, seed)
    return found


SETS: dict[str, Callable[[], Found]] = {"moons, paths": both}
