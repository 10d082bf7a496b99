"""Reflow: couple each noise with the sample that it became, and learn the straight lines between the two."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.flows.continuous import Velocity, even_times, solve, trajectory


@torch.no_grad()
@expect.door(noise="B …", steps=">= 1", batch_size=">= 1")
def reflow_pairs(velocity: Velocity, noise: Tensor, steps: int = 32, batch_size: int = 1000) -> tuple[Tensor, Tensor]:
    """Return noise (B, …) and where the velocity carries it: pairs to train the next flow on.

    Liu et al. 2023 (arXiv:2209.03003), section 2.2. The next flow can be no better than these pairs.
    """
    times = even_times(steps)
    return noise, torch.cat([solve(velocity, part, times) for part in noise.split(batch_size)])


@torch.no_grad()
@expect.door(noise="B …", steps=">= 1")
def straightness(velocity: Velocity, noise: Tensor, steps: int = 50) -> float:
    """Measure E ∫ ‖(x_1 − x_0) − v(x_t, t)‖² dt along the paths from noise (B, …): 0 if all are straight and even.

    Liu et al. 2023, section 2.2. Where it is 0, one Euler step is exact.
    """
    way = trajectory(velocity, noise, even_times(steps), "euler")
    pieces, whole = steps * way.diff(dim=0), way[-1] - way[0]
    return float((pieces - whole).square().sum()) / (steps * len(noise))
