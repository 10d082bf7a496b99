"""Super-resolution of faces, 8×8 → 32×32, by least squares: one answer each, and the encoder of `srflow_faces`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data import load
from gmcourse.data.low_resolution import Pairs, downsample, pairs
from gmcourse.metrics.reconstruction import lr_psnr, psnr
from gmcourse.models.srflow import Regression
from gmcourse.recipes.recipe import Recipe
from gmcourse.training import Minimize

SCALE = 4
WIDTHS = {"channels": 32, "growth": 16, "n_blocks": 2}


def data(device: torch.device) -> tuple[Tensor, Tensor]:
    """20,000 detailed training faces as whole numbers (N, 3, 32, 32), and their low resolutions in [0, 1]."""
    both = pairs(load("faces", n=20_000), SCALE).to(device)
    return both.high, both.low


def held_out(device: torch.device, n: int = 500) -> Pairs:
    """Test faces, for measurements."""
    return pairs(load("faces", "test", n=n), SCALE).to(device)


def step(module: Any, device: torch.device) -> Minimize:
    """Adam on the squared error, whose minimum is the posterior mean."""

    def objective(batch: tuple[Tensor, Tensor]) -> Tensor:
        pixels, low = batch
        return F.mse_loss(module(low), pixels.float() / 255)

    return Minimize(objective, module, torch.optim.Adam(module.parameters(), lr=2e-3, fused=True), clip=1.0)


def schedule(step: Any) -> list[Any]:
    """The learning rate falls to zero along a cosine."""
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(step.optimizer, RECIPE.steps)
    return [lambda now, history: falling.step()]


@torch.no_grad()
def measure(module: Regression, device: torch.device) -> dict[str, float]:
    """PSNR against the truth and against the low resolution, of 500 test faces."""
    test = held_out(device)
    answers = module(test.low).clamp(0, 1)
    return {
        "test_psnr_db": float(psnr(answers, test.unit()).mean()),
        "test_lr_psnr_db": float(lr_psnr(answers, test.low, lambda x: downsample(x, SCALE)).mean()),
    }


RECIPE = Recipe(
    name="sr_regression_faces",
    model="gmcourse.models.srflow:Regression",
    arguments={"scale": SCALE, **WIDTHS},
    data=data,
    step=step,
    steps=2000,
    batch_size=32,
    measure=measure,
    described="20,000 cartoon faces with details, 32×32, and their 8×8 low resolutions",
    callbacks=schedule,
)
