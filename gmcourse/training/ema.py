"""A slowly moving average of a model's parameters: what generators are sampled from."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.precision import single


class EMA:
    """Keeps `module`, a copy whose parameters follow those of the source: θ̄ ← d·θ̄ + (1 − d)·θ.

    Buffers (running statistics, actnorm's flag) are copied as they are: an average of a flag means nothing. The
    untrained weights are forgotten only in a run that is several times 1/(1 − d) steps long, or with a warm-up: then
    update number t, counted from 0, has min(d, (1 + t)/(10 + t)) for d, and looks back over a ninth of the run until
    that is as long as d looks back. TensorFlow's `ExponentialMovingAverage(num_updates=t)` has the same rule.
    Parameters of half precision have an average of float32: rounded to half, (1 − d)·θ would vanish beside d·θ̄.
    `module` is the average. d is between 0 (no memory) and 1: a half-life of h steps is decay = 0.5 ** (1 / h).
    """

    @expect.door(decay=">= 0 < 1")
    def __init__(self, source: nn.Module, decay: float = 0.999, *, warm_up: bool = False) -> None:
        expect.whole("the number of parameters of source", len(list(source.parameters())), least=1)
        self.source, self.decay, self.warm_up, self.updates = source, decay, warm_up, 0
        self.module = copy.deepcopy(source).eval().requires_grad_(False)
        for tensor in (*self.module.parameters(), *self.module.buffers()):
            tensor.data = single(tensor.data)

    @torch.no_grad()
    def update(self) -> None:
        """Move the average one step towards the source."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warm_up else self.decay
        self.updates += 1
        averages: list[Tensor] = list(self.module.parameters())
        torch._foreach_lerp_(averages, [single(p.detach()) for p in self.source.parameters()], 1.0 - decay)
        for average, value in zip(self.module.buffers(), self.source.buffers(), strict=True):
            average.copy_(value)

    def state_dict(self) -> dict[str, Any]:
        """Return the average's own state, and for a warm-up how many updates there were."""
        state = self.module.state_dict()
        return {"module": state, "updates": self.updates} if self.warm_up else state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        if self.warm_up:
            self.updates, state = int(state["updates"]), state["module"]
        self.module.load_state_dict(state)
