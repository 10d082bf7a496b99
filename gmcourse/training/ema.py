"""A slowly moving average of a model's parameters: what generators are sampled from."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import expect


class EMA:
    """Keeps `module`, a copy whose parameters follow those of the source: θ̄ ← d·θ̄ + (1 − d)·θ.

    Buffers (running statistics, actnorm's flag) are copied as they are: an average of a flag means nothing.

    With a warm-up the t-th update, counted from 0, has d = min(decay, (1 + t)/(10 + t)), so that the untrained
    weights are soon forgotten: after t updates the average looks back over about t/9 of them, until that is as
    long as `decay` looks back. The rule is that of TensorFlow's `ExponentialMovingAverage(num_updates=t)`.
    Without it d = decay always, and a run must be several times 1/(1 − decay) steps long.

    Args:
        source: the model that is trained.
        decay: between 0 (no memory) and 1. A half-life of h steps is decay = 0.5 ** (1 / h).
        warm_up: whether the decay begins small.

    Attributes:
        module: the average.
        updates: how many were made.

    Raises:
        ValueError: a source that is no module, or a decay outside [0, 1).
    """

    def __init__(self, source: nn.Module, decay: float = 0.999, *, warm_up: bool = False) -> None:
        self.source = expect.instance("source", source, nn.Module)
        self.decay = expect.number("decay", decay, least=0, below=1)
        self.warm_up = expect.instance("warm_up", warm_up, bool, "True or False")
        self.module, self.updates = copy.deepcopy(source).eval().requires_grad_(False), 0

    @torch.no_grad()
    def update(self) -> None:
        """Move the average one step towards the source."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warm_up else self.decay
        averages: list[Tensor] = list(self.module.parameters())
        torch._foreach_lerp_(averages, [p.detach() for p in self.source.parameters()], 1.0 - decay)
        for average, value in zip(self.module.buffers(), self.source.buffers(), strict=True):
            average.copy_(value)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """The average, and how many updates it has seen."""
        return {"module": self.module.state_dict(), "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        self.module.load_state_dict(state["module"])
        self.updates = int(state["updates"])
