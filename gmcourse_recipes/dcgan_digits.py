"""DCGANs of digits in three set-ups, five seeds each: what lets the discriminator learn, and what R1 does to it.

From "shallow" to "deep" only the discriminator changes, from "deep" to "deep and R1" only the penalty. γ = 0.1 was
tried on one seed.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.adversarial import Adversarial, Lazy, SideBySide, lazy_adam, r1_penalty
from gmcourse.data import load
from gmcourse.experiments.gan_grid import DigitGANs
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.gan import DCDiscriminator
from gmcourse.nn.pca import PCA
from gmcourse.reproducible import seeded
from gmcourse.training import EMA
from gmcourse_recipes.running import Recipe, linear_decay

SEEDS, BATCH, RATE, BETAS, EVERY = 5, 64, 1e-3, (0.5, 0.99), 4
NAMES = [name for name in ("shallow", "deep", "deep and R1") for _ in range(SEEDS)]


def judge(name: str) -> nn.Module:
    """Two layers as DCGAN has them for 8×8 pixels, or four, the first of which keeps the size."""
    if name == "shallow":
        return DCDiscriminator((1, 8, 8), width=128)
    wide, half = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 4, 2, 1)
    deep = nn.Conv2d(64, 64, 3, padding=1)
    leaky = nn.LeakyReLU(0.2)
    return nn.Sequential(wide, leaky, half, leaky, deep, leaky, nn.Flatten(), nn.Linear(1024, 1))


def r1(opponent: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Compute the penalty on the slope at the data."""
    return r1_penalty(opponent, real, gamma=0.1)


def step(module: DigitGANs, device: torch.device) -> SideBySide:
    """Play all runs, one after the other; run k of each set-up has the same seed."""
    games = []
    for number, (name, player) in enumerate(zip(NAMES, module.players, strict=True)):
        opponent = seeded("discriminator", number % SEEDS, partial(judge, name)).to(device)
        more: dict[str, Any] = {"latent": player.latent, "ema": EMA(player, 0.99)}
        mine, other = (torch.optim.Adam(p.parameters(), RATE, BETAS) for p in (player, opponent))
        if name == "deep and R1":
            more["discriminator_penalty"] = Lazy("r1", partial(r1, opponent), EVERY)
            other = lazy_adam(opponent.parameters(), RATE, BETAS, every=EVERY)
        games.append(Adversarial(player, opponent, mine, other, **more))
    return SideBySide(module, games, [BATCH] * len(NAMES), NAMES)


def measure(module: DigitGANs, device: torch.device) -> dict[str, float]:
    """Measure distance, precision and recall on 16 components of 360 held-out digits, means over the seeds."""
    pca = PCA.fit(load("digits").unit().flatten(1), 16)
    real = pca.encode(load("digits", "test").unit().flatten(1))
    torch.manual_seed(0)
    made = [pca.encode(x.flatten(1).cpu()) for x in module.sample(360)]
    found = torch.tensor([[frechet_distance(real, x), *precision_recall(real, x)] for x in made])
    means = zip(NAMES[::SEEDS], found.reshape(3, SEEDS, 3).mean(1).tolist(), strict=True)
    words = ("frechet", "precision", "recall")
    return {f"{name}: {word}": x for name, row in means for word, x in zip(words, row, strict=True)}


RECIPE = Recipe(
    model="gmcourse.experiments.gan_grid:DigitGANs",
    arguments={"runs": len(NAMES), "seeds": SEEDS, "latent_dim": 32, "width": 64},
    data=lambda device: load("digits").unit().to(device),
    step=step,
    steps=1500,
    batch_size=BATCH * len(NAMES),
    measure=measure,
    described="1,437 digits of 8×8 pixels, without labels",
    schedule=linear_decay,
    samples=lambda module, device: module.sample(15).flatten(0, 1),  # a run each row
    half=True,
)
