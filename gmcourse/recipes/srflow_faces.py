"""SRFlow on faces, 8×8 → 32×32: eight steps at each of three levels, on the frozen encoder of the regression."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data.low_resolution import downsample
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.metrics.reconstruction import lr_psnr, psnr
from gmcourse.models.srflow import SRFlow
from gmcourse.recipes.recipe import Recipe
from gmcourse.recipes.sr_regression_faces import SCALE, WIDTHS, data, held_out, schedule
from gmcourse.reproducible import generator
from gmcourse.training import EMA, Minimize


@torch.no_grad()
def begin(module: SRFlow, both: tuple[Tensor, Tensor]) -> None:
    """The encoder of the regression network, frozen; then actnorm from 256 pairs."""
    regression: Any = zoo.load("sr_regression_faces", both[1].device)
    module.encoder.load_state_dict(regression.encoder.state_dict())
    module.freeze_encoder()
    module.bound(both[0][:256], both[1][:256])


def step(module: Any, device: torch.device) -> Minimize:
    """Adam on the negative bound of the flow, with quantisation noise drawn anew at each step."""
    learned = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=1e-3, fused=True)
    return Minimize(module.loss, module, optimizer, ema=EMA(module, 0.998), clip=200.0)


@torch.no_grad()
def measure(module: SRFlow, device: torch.device) -> dict[str, float]:
    """On 500 test faces: the likelihood bound, and consistency of draws at temperature 0.8."""
    test = held_out(device)
    noise = torch.rand(test.high.shape, generator=generator(0)).to(device)
    bound = module.bound(test.high, test.low, noise).mean()
    torch.manual_seed(0)
    answers = module.sample(test.low, 0.8)[:, 0]
    return {
        "test_bits_per_dim": float(bits_per_dim(bound, test.high[0].numel())),
        "test_psnr_db_at_0.8": float(psnr(answers, test.unit()).mean()),
        "test_lr_psnr_db_at_0.8": float(lr_psnr(answers, test.low, lambda x: downsample(x, SCALE)).mean()),
    }


RECIPE = Recipe(
    name="srflow_faces",
    model="gmcourse.models.srflow:SRFlow",
    arguments={
        "scale": SCALE,
        "n_steps": 8,
        "stacked": [],
        "hidden_channels": 32,
        "coupling_scale": "sigmoid_floor",
        **WIDTHS,
    },
    data=data,
    step=step,
    steps=4500,
    batch_size=16,
    measure=measure,
    described="20,000 cartoon faces with details, 32×32, and their 8×8 low resolutions",
    prepare=begin,
    callbacks=schedule,
    half=True,
)
