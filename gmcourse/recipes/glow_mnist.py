"""A small Glow on MNIST: two levels of eight steps. Published for the full size: 1.05 bits per dimension."""

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.flows import Dequantized
from gmcourse.models.glow import Glow
from gmcourse.recipes.running import Recipe, adam, cosine, likelihood, product, warm_up


def prepare(module: Glow, pixels: Tensor) -> None:
    """Initialise actnorm by 512 images."""
    module(Dequantized(module).continuous(pixels[:512]))


def measure(module: Glow, device: torch.device) -> dict[str, float]:
    """Measure bits per dimension of the 10,000 test images, dequantised once."""
    return {"test_bits_per_dim": likelihood(module, load("mnist", "test").pixels.to(device), batch=500)[1]}


RECIPE = Recipe(
    name="glow_mnist",
    model="gmcourse.models.glow:Glow",
    arguments={"shape": [1, 28, 28], "n_levels": 2, "n_steps": 8, "hidden_channels": 64},
    data=lambda device: load("mnist").pixels.to(device),
    step=adam(1e-3, lambda module: Dequantized(module).loss, average=0.999, clip=100.0),
    steps=24_000,
    batch_size=64,
    measure=measure,
    described="MNIST: 60,000 training images of 28×28 pixels",
    prepare=prepare,
    schedule=product(warm_up(200), cosine),
)
