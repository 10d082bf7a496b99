"""Functions of any velocity v(x, t) or v(x, t, y): the loss of flow matching, guidance, and reflow.

Reflow couples each noise with the sample that it became, and learns the straight lines between the two.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import STRAIGHT, Path
from gmcourse.flows.continuous import Velocity, even_times, solve, trajectory


def matching_loss(
    velocity: Velocity, x: Tensor, noise: Tensor, t: Tensor, path: Path = STRAIGHT, *, mean: bool = True
) -> Tensor:
    """Compute E ‖v(x_t, t) − ẋ_t‖², with x_t = α_t x + σ_t ε and its velocity ẋ_t = α̇_t x + σ̇_t ε.

    Lipman et al. 2023 (arXiv:2210.02747), equation 9. The velocity of one pair stands for the mean over all pairs
    that pass through x_t: a regression has the conditional mean for its optimum, so the gradient is the same. Data x
    (B, …) and noise of the same shape are drawn for themselves, or are pairs of a reflow; times t are (B,). Without
    the mean over the batch it is the loss of each, (B,).
    """
    expect.tensor("noise", noise, expect.batch_of(x.shape[1:]), finite=False)
    found = velocity(path.mix(x, noise, t), t)
    error = expect.tensor("velocity(x_t, t)", found, expect.batch_of(x.shape[1:]), finite=False)
    error = error - path.velocity(x, noise, t)
    each = error.square().flatten(1).sum(1)
    return each.mean() if mean else each


@expect.door(y="B; integer", guidance=">= 0")
def guided(velocity: Callable[..., Tensor], y: Tensor, guidance: float) -> Velocity:
    """(1 + w) v_y − w v, with v_y told the classes y (B,): w = 0 is the class as it was learned, more exaggerates it.

    Ho & Salimans 2022 (arXiv:2207.12598), equation 6. It is not the velocity of p(x | y)^(1 + w) p(x)^(−w).
    """
    if not guidance:
        return lambda x, t: velocity(x, t, y)
    return lambda x, t: torch.lerp(velocity(x, t), velocity(x, t, y), 1 + guidance)


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
    way = expect.tensor("the way that velocity leads", trajectory(velocity, noise, even_times(steps), "euler"))
    pieces, whole = steps * way.diff(dim=0), way[-1] - way[0]
    return float((pieces - whole).square().sum()) / (steps * len(noise))
