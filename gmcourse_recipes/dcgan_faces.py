"""A DCGAN of cartoon faces, 32×32 pixels: the one of lesson 02."""

from functools import partial

import torch
from torch import Tensor

from gmcourse.adversarial import Adversarial, Lazy, lazy_adam, r1_penalty
from gmcourse.data import load
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.gan import DCDiscriminator, DCGenerator
from gmcourse.nn.pca import PCA
from gmcourse.training import EMA
from gmcourse_recipes.running import Pictures, Recipe, linear_decay

FACES: Pictures = partial(load, "faces")
RATE, BETAS, EVERY = 1e-3, (0.5, 0.99), 8


def data(device: torch.device, pictures: Pictures = FACES) -> Tensor:
    """Load 10,000 training faces with their details, (N, 3, 32, 32) in [0, 1]."""
    return pictures("train").unit().to(device)


def step(module: DCGenerator, device: torch.device) -> Adversarial:
    """The non-saturating game with R1 at every eighth step; no batch statistics where a slope is punished."""
    opponent = DCDiscriminator((3, 32, 32), width=48, normalise=False).to(device)
    penalty = Lazy("r1", lambda real, fake: r1_penalty(opponent, real, gamma=0.1), EVERY)
    return Adversarial(
        module,
        opponent,
        torch.optim.Adam(module.parameters(), RATE, BETAS),
        lazy_adam(opponent.parameters(), RATE, BETAS, every=EVERY),
        latent=module.latent,
        discriminator_penalty=penalty,
        ema=EMA(module, 0.995),
    )


def measure(module: DCGenerator, device: torch.device, pictures: Pictures = FACES) -> dict[str, float]:
    """Measure distance, precision and recall against 1,000 held-out faces, with the floor of 1,000 other faces.

    Of fewer held-out pictures one half stands against as many samples, and against the other half. The features
    are the first 32 principal components of the training pixels.
    """
    pca = PCA.fit(pictures("train").unit()[:4000].flatten(1), 32)
    held_out = pca.encode(pictures("test").unit()[:2000].flatten(1))
    half = len(held_out) // 2
    real, other = held_out[:half], held_out[half : 2 * half]
    torch.manual_seed(0)
    made = pca.encode(torch.cat([module.sample(250).cpu() for _ in range(4)])[:half].flatten(1))
    found = {}
    for floor, seen in {"": made, "_floor": other}.items():
        found[f"frechet_32_components{floor}"] = frechet_distance(real, seen)
        found[f"precision{floor}"], found[f"recall{floor}"] = precision_recall(real, seen)
    return found


RECIPE = Recipe(
    model="gmcourse.models.gan:DCGenerator",
    arguments={"shape": [3, 32, 32], "latent_dim": 64, "width": 48},
    data=data,
    step=step,
    steps=6000,
    batch_size=32,
    measure=measure,
    described="10,000 cartoon faces of 32×32 pixels with their details",
    schedule=linear_decay,
    pictures=True,
    samples=lambda module, device: module.sample(40),
)
