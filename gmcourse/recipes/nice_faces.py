"""A small NICE of 32×32 faces, on the same pixels as `glow_faces`, five bits a colour: what the recap compares."""

from typing import Any

import torch

from gmcourse.data import load
from gmcourse.data.images import FIVE_BITS, five_bits
from gmcourse.flows import Dequantized
from gmcourse.models.nice import NICE
from gmcourse.recipes.running import Recipe, likelihood
from gmcourse.training import EMA, Minimize


def step(module: Any, device: torch.device) -> Minimize:
    """Use Adam on the bound of the discrete likelihood, with an average of the weights."""
    optimizer = torch.optim.Adam(module.parameters(), lr=5e-4, eps=1e-4, fused=True)
    loss = Dequantized(module, FIVE_BITS).loss
    return Minimize(loss, module, optimizer, ema=EMA(module, 0.999), clip=1000.0)


@torch.no_grad()
def measure(module: NICE, device: torch.device) -> dict[str, float]:
    """Measure bits per dimension of the first 1,000 test faces at five bits, dequantised once."""
    test = five_bits(load("faces", "test", n=1000).pixels).flatten(1).to(device)
    return {"test_bits_per_dim_at_5_bits": likelihood(module, test, FIVE_BITS, batch=1000)[1]}


RECIPE = Recipe(
    name="nice_faces",
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 3072, "hidden": [128, 128]},
    data=lambda device: five_bits(load("faces", n=20_000).pixels).flatten(1).to(device),
    step=step,
    steps=6_000,
    batch_size=128,
    measure=measure,
    described="faces: 20,000 training pictures of 32×32 pixels with detail, five bits a colour",
    samples=lambda module, device: module.sample(64, temperature=0.7).reshape(-1, 3, 32, 32).clamp(0, 1),
    half=True,
)
