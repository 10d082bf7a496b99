"""A small Glow on MNIST: two levels of eight steps. Published for the full size: 1.05 bits per dimension.

Its first layer is a table of grey levels, which the paper does not have: training begins at what the table knows.
"""

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.densities import Histogram
from gmcourse.flows import Dequantized, Gaussianization
from gmcourse.models.glow import Glow
from gmcourse_recipes.running import Recipe, adam, cosine, likelihood, product, warm_up


def prepare(module: Glow, pixels: Tensor) -> None:
    """Fill the table from every tenth image, one for all places, and initialise actnorm by 512 images."""
    table = Histogram.fit((pixels[::10].reshape(-1, 1).double() + 0.5) / 256, 256).log_probabilities
    next(layer for layer in module.modules() if isinstance(layer, Gaussianization)).set_histogram(table)
    module(Dequantized(module).continuous(pixels[:512]))


def measure(module: Glow, device: torch.device) -> dict[str, float]:
    """Measure bits per dimension of the 10,000 test images, dequantised once."""
    return {"test_bits_per_dim": likelihood(module, load("mnist", "test").pixels.to(device), batch=500)[1]}


RECIPE = Recipe(
    model="gmcourse.models.glow:Glow",
    arguments={"shape": [1, 28, 28], "n_levels": 2, "n_steps": 8, "hidden_channels": 96, "grey_levels": 256},
    data=lambda device: load("mnist").pixels.to(device),
    step=adam(4e-3, lambda module: Dequantized(module).loss, average=0.999, clip=100.0),
    steps=20_000,
    batch_size=64,
    measure=measure,
    described="MNIST: 60,000 training images of 28×28 pixels",
    prepare=prepare,
    half=True,
    samples=lambda module, device: module.sample(40).clamp(0, 1),
    schedule=product(warm_up(200), cosine),
)
