"""The step of most recipes: Adam on one loss."""

from collections.abc import Callable
from typing import Any

import torch

from gmcourse.training import EMA, Minimize


def adam(
    rate: float,
    loss: Callable[[Any], Callable[[Any], Any]] = lambda module: module.loss,
    *,
    average: float | None = None,
    clip: float | None = None,
    eps: float = 1e-8,
    decay: float = 0.0,
) -> Callable[[Any, torch.device], Minimize]:
    """Make a recipe's `step`, which minimises `loss(module)` by Adam, or with a weight decay by AdamW.

    `average` is the decay of the average of the weights that is kept, if one is; a longer gradient is cut to `clip`.
    """

    def step(module: Any, device: torch.device) -> Minimize:
        learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learned, lr=rate, eps=eps, weight_decay=decay, fused=True)
        kept = EMA(module, average) if average else None
        return Minimize(loss(module), module, optimizer, ema=kept, clip=clip)

    return step
