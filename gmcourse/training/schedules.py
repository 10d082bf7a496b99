"""Learning rates that change as training goes on: callbacks for `fit`.

Each rate is a function of the step's number, so a run that was killed goes on with the rate that it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR

from gmcourse.training import History
from gmcourse.training.fit import Callback


def scaled(optimizers: Sequence[Optimizer], share: Callable[[int], float]) -> Callback:
    """After step t every learning rate is `share(t)` of what it was at first.

    Args:
        optimizers: with the rates that they begin with.
        share: number of the step, from 0 → share.
    """
    first = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]

    def set_rates(now: int, history: History) -> None:
        # looked up at each step: loading a checkpoint gives an optimiser new groups
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        for group, rate in zip(groups, first, strict=True):
            group["lr"] = rate * share(now)

    return set_rates


def straight_down(optimizers: Sequence[Optimizer], steps: int) -> Callback:
    """Constant, then along a straight line to zero over the second half of `steps`."""
    return scaled(optimizers, lambda now: min(1.0, 2 * (1 - (now + 1) / steps)))


def cosine(optimizer: Optimizer, steps: int) -> Callback:
    """Along a cosine to zero in `steps` steps; after that the rate rises again."""
    schedule = CosineAnnealingLR(optimizer, steps)

    def set_rate(now: int, history: History) -> None:
        # torch's schedule counts its own calls, and a resumed run does not begin with step 0
        schedule.last_epoch = now
        schedule.step()

    return set_rate
