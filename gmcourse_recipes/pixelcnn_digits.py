"""A PixelCNN of the bundled digits: the best bits of lesson 11."""

import torch

from gmcourse.data import load
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import Autoregressive
from gmcourse_recipes.running import Recipe, adam, cosine, product, warm_up


def measure(module: Autoregressive, device: torch.device) -> dict[str, float]:
    """Measure exact bits per pixel of the digits that it has not seen, and of those that it has."""
    parts = {"test": load("digits", "test"), "training": load("digits").split(0.85)[0]}
    logs = {name: module.log_prob(part.pixels.flatten(1).to(device)).mean() for name, part in parts.items()}
    return {f"{name}_bits_per_dim": float(bits_per_dim(log, module.dims)) for name, log in logs.items()}


RECIPE = Recipe(
    model="gmcourse.models.autoregressive:PixelCNN",
    arguments={"dropout": 0.3},
    data=lambda device: load("digits").split(0.85)[0].pixels.flatten(1).to(device),
    step=adam(3e-3, decay=1e-2, clip=1.0),
    steps=600,
    batch_size=64,
    measure=measure,
    described="digits: 1,221 training images of 8×8 pixels, those of lessons 06 and 07",
    samples=lambda module, device: module.sample(40).view(-1, 1, 8, 8) / 16,
    schedule=product(warm_up(20), cosine),
    half=True,
)
