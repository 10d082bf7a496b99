"""A small NICE on drawn faces of 32×32 pixels with detail: the additive flow of the recap's table."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.flows import Dequantized
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.nice import NICE
from gmcourse.recipes.recipe import Recipe
from gmcourse.reproducible import generator
from gmcourse.training import EMA, Minimize

SHAPE = (3, 32, 32)
DIM = 3 * 32 * 32


def data(device: torch.device) -> Tensor:
    """10,000 training faces as whole numbers (N, 3072)."""
    return load("faces", size=32, detail=True).pixels.flatten(1).to(device)


def step(module: Any, device: torch.device) -> Minimize:
    """Adam on the bound of the discrete likelihood, with an average of the weights."""
    optimizer = torch.optim.Adam(module.parameters(), lr=5e-4, eps=1e-4, fused=True)
    return Minimize(Dequantized(module).loss, module, optimizer, ema=EMA(module, 0.999), clip=1000.0)


@torch.no_grad()
def measure(module: NICE, device: torch.device) -> dict[str, float]:
    """The bound on the 2,000 test faces, in bits per dimension."""
    pixels = load("faces", "test", size=32, detail=True).pixels.flatten(1).to(device)
    noise = torch.rand(pixels.shape, generator=generator(0)).to(device)
    return {
        "test_bits_per_dim": float(
            bits_per_dim(Dequantized(module).log_prob(pixels, noise=noise), DIM).mean()
        )
    }


def samples(module: NICE, device: torch.device) -> Tensor:
    """Sixty-four faces at temperature 0.7."""
    return module.sample(64, temperature=0.7).reshape(-1, *SHAPE).clamp(0, 1)


RECIPE = Recipe(
    name="nice_faces",
    model="gmcourse.models.nice:NICE",
    arguments={"dim": DIM, "hidden": [128, 128]},
    data=data,
    step=step,
    steps=6_000,
    batch_size=128,
    measure=measure,
    described="faces with detail: 10,000 drawings of 32×32 pixels",
    samples=samples,
)
