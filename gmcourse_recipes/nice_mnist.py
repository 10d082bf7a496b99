"""A small NICE on MNIST: four couplings of three hidden layers, about forty epochs."""

import math

import torch

from gmcourse.data import load
from gmcourse.flows import Dequantized
from gmcourse.models.nice import NICE
from gmcourse_recipes.running import Recipe, adam, likelihood


def measure(module: NICE, device: torch.device) -> dict[str, float]:
    """Measure 10,000 test images: the density in nats, and the bound on the discrete likelihood."""
    bound, bits = likelihood(module, load("mnist", "test").pixels.flatten(1).to(device), batch=10_000)
    density = bound + 784 * math.log(256)
    return {"test_density_nats": density, "test_bound_nats": bound, "test_bits_per_dim": bits}


RECIPE = Recipe(
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 784, "hidden": [256, 256, 256]},
    data=lambda device: load("mnist").pixels.flatten(1).to(device),
    # the rate and ε of the paper, and torch's β
    step=adam(1e-3, lambda module: Dequantized(module).loss, average=0.999, clip=100.0, eps=1e-4),
    steps=20_000,
    batch_size=128,
    measure=measure,
    described="MNIST: 60,000 training images of 28×28 pixels",
    samples=lambda module, device: module.sample(40).view(-1, 1, 28, 28).clamp(0, 1),
    half=True,
)
