"""Flow matching of the bundled digits, told their classes or not: lesson 13 measures it beside the other families."""

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.models.flow_matching import FlowMatching
from gmcourse.reproducible import seed_torch
from gmcourse_recipes.running import Recipe, adam, cosine, likelihood, product, warm_up


def data(device: torch.device) -> tuple[Tensor, Tensor]:
    """Load 1,221 training digits as whole numbers (N, 64), and their classes (N,)."""
    seen = load("digits").split(0.85)[0]
    return seen.pixels.flatten(1).to(device), seen.labels.to(device)


def dequantised(pixels: Tensor) -> Tensor:
    """Map the 17 grey levels to [−1, 1], each with uniform noise over its own share."""
    return (pixels + torch.rand(pixels.shape, device=pixels.device)) * (2 / 17) - 1


def measure(module: FlowMatching, device: torch.device) -> dict[str, float]:
    """Measure the bound on bits per pixel of 200 unseen digits, by the ODE in 20 steps of Heun."""
    seed_torch(0)
    unseen = load("digits", "test").pixels[:200].flatten(1).to(device)
    flow = module.flow(steps=20, unit=True)
    return {"test_bits_per_dim": likelihood(flow, unseen, 17)[1]}


RECIPE = Recipe(
    model="gmcourse.models.flow_matching:FlowMatching",
    arguments={"shape": [64], "width": 320, "depth": 4, "classes": 10, "dropout": 0.1},
    data=data,
    step=adam(1.5e-3, lambda module: lambda batch: module.loss(dequantised(batch[0]), batch[1]), average=0.998),
    steps=5000,
    batch_size=128,
    measure=measure,
    described="digits: 1,221 training images of 8×8 pixels, those of lessons 06 and 07",
    samples=lambda module, device: module.sample(40).add(1).div(2).view(-1, 1, 8, 8).clamp(0, 1),
    schedule=product(warm_up(50), cosine),
    half=True,
)
