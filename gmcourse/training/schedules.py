"""Learning rates that change as training goes on: `fit(…, schedule=product(warm_up(50), cosine))`.

A schedule is a pure function (step, steps) → share: before step number `step`, counted from 0, of a run of `steps` in
all, every learning rate is that share of its first value. So an interrupted run goes on with the rates that it would
have had, and one that is made half as long ends where it should.
"""

import math
from collections.abc import Callable, Iterable

from torch.optim import Optimizer

from gmcourse import expect

Schedule = Callable[[int, int], float]


def cosine(step: int, steps: int) -> float:
    """Fall as ½(1 + cos(π·step/steps)), from 1 to 0 along half a wave.

    Loshchilov & Hutter 2017 (arXiv:1608.03983), eq. 5, without restarts.

    >>> [round(cosine(step, 4), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return 0.5 * (1 + math.cos(math.pi * (_place(step, steps) / steps)))


def linear_decay(step: int, steps: int) -> float:
    """Stay at 1 in the first half, then fall along a straight line to 0.

    >>> [linear_decay(step, 8) for step in (0, 4, 6, 8)]
    [1.0, 1.0, 0.5, 0.0]
    """
    return min(1.0, 2 * (1 - _place(step, steps) / steps))


@expect.door(length=">= 1")
def warm_up(length: int) -> Schedule:
    """(step + 1)/length in the first `length` steps, then 1, however long the run is.

    >>> [warm_up(4)(step, 100) for step in (0, 1, 3, 50)]
    [0.25, 0.5, 1.0, 1.0]
    """
    return lambda step, steps: min(1.0, (_place(step, steps) + 1) / length)


def product(*schedules: Schedule) -> Schedule:
    """Multiply several schedules with each other.

    >>> product(warm_up(4), linear_decay)(1, 8)
    0.5
    """
    expect.whole("the number of schedules", len(schedules), least=1)
    for number, schedule in enumerate(schedules):
        expect.function(f"schedules[{number}]", schedule, "a function (step, steps) → share, such as cosine")
    return lambda step, steps: math.prod(schedule(_place(step, steps), steps) for schedule in schedules)


def set_rates(optimizers: Iterable[Optimizer], schedule: Schedule, step: int, steps: int) -> None:
    """Give each group of parameters its own first learning rate times `schedule(step, steps)`.

    The first rate is kept in the group as "initial_lr", torch's own name for it, and so in every checkpoint.
    """
    share = expect.number("the schedule's share", schedule(step, steps), least=0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share


def _place(step: int, steps: int) -> int:
    """Check that a step is one of the run, or its end."""
    return expect.whole("step", step, least=0, most=expect.whole("steps", steps, least=1))
