"""Against mode collapse: GANs on 25 Gaussians in five set-ups, several seeds each, that differ in one thing each.

Batch, rate, decay and γ were tuned for R1 alone, six variants on one or two seeds; the others inherit them, so the
table favours R1.
"""

from functools import partial
from typing import Any

import torch

from gmcourse.adversarial import Adversarial, Lazy, SideBySide, gradient_penalty, r1_penalty
from gmcourse.experiments.gan_grid import GridGANs
from gmcourse.models.gan import PlaneDiscriminator
from gmcourse.reproducible import seeded
from gmcourse.training import EMA
from gmcourse_recipes.gan_grid_literature import data, modes_and_quality_of
from gmcourse_recipes.running import Recipe, linear_decay

BATCH, RATE = 256, 2e-3
# seeds of each set-up: five for the cure, whose steadiness is claimed, three for the others
SEEDS = {"larger networks": 3, "and hinge": 3, "and twice the data": 3, "and Wasserstein": 3, "and R1": 5}
NAMES = [name for name, seeds in SEEDS.items() for _ in range(seeds)]
ROWS = [2 * BATCH if name == "and twice the data" else BATCH for name in NAMES]


def options(name: str, opponent: PlaneDiscriminator) -> dict[str, Any]:
    """Return that in which a set-up differs from the first one."""
    if name == "and hinge":
        return {"loss": "hinge"}
    if name == "and Wasserstein":  # weight and rhythm of Gulrajani et al.'s examples in the plane
        penalty = Lazy("penalty", lambda real, fake: gradient_penalty(opponent, real, fake, weight=0.1))
        return {"loss": "wasserstein", "discriminator_penalty": penalty, "discriminator_steps": 5}
    r1 = Lazy("r1", lambda real, fake: r1_penalty(opponent, real, gamma=0.05))
    return {"discriminator_penalty": r1} if name == "and R1" else {}


def step(module: GridGANs, device: torch.device) -> SideBySide:
    """Play all runs, one after the other."""
    games: list[Adversarial] = []
    for number, (name, player) in enumerate(zip(NAMES, module.players, strict=True)):
        made = partial(PlaneDiscriminator, (128, 128, 128), input_scale=2.0)
        opponent = seeded("discriminator", number, made).to(device)
        optimizers = [torch.optim.Adam(p.parameters(), RATE, (0.0, 0.99)) for p in (player, opponent)]
        more = {"latent": player.latent, "ema": EMA(player, 0.99), **options(name, opponent)}
        games.append(Adversarial(player, opponent, *optimizers, **more))
    return SideBySide(module, games, ROWS, NAMES)


def measure(module: GridGANs, device: torch.device) -> dict[str, float]:
    """Measure the fewest and most modes hit, and the mean share of good samples, of each set-up."""
    found = modes_and_quality_of(module)
    numbers: dict[str, float] = {}
    for name in SEEDS:
        modes, good = zip(*[each for each, of in zip(found, NAMES, strict=True) if of == name], strict=True)
        numbers |= {f"{name}: fewest modes": min(modes), f"{name}: most modes": max(modes)}
        numbers[f"{name}: good samples"] = sum(good) / len(good)
    return numbers


RECIPE = Recipe(
    model="gmcourse.experiments.gan_grid:GridGANs",
    arguments={"runs": len(NAMES), "latent_dim": 2, "hidden": [128, 128, 128]},
    data=data,
    step=step,
    steps=3000,
    batch_size=sum(ROWS),
    measure=measure,
    described="twenty_five_gaussians: fresh samples",
    schedule=linear_decay,
)
