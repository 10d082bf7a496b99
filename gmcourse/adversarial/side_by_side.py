"""Several games that are played side by side, so that a difference can be told from luck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.adversarial.step import Adversarial


class SideBySide:
    """A step that makes one step of each of several runs, every run with its own rows of the batch.

    Args:
        module: the generators of the runs, in the same order.
        steps: one for each run.
        rows: how many rows of the batch each run takes.
        names: of the set-up of each run; curves of runs of one name are averaged.

    Raises:
        ValueError: not one of each for every generator.
    """

    ema = None

    def __init__(
        self, module: nn.Module, steps: Sequence[Adversarial], rows: Sequence[int], names: Sequence[str]
    ) -> None:
        if not len(steps) == len(rows) == len(names):
            raise ValueError(
                f"{len(steps)} steps, {len(rows)} counts of rows and "
                f"{len(names)} names; expected one of each for every run"
            )
        self.module, self.steps, self.rows, self.names = module, list(steps), list(rows), list(names)

    def __call__(self, batch: Tensor) -> dict[str, Tensor]:
        """One step of each run; the losses are named after the set-ups.

        Raises:
            ValueError: a batch of another size.
        """
        if len(batch) != sum(self.rows):
            raise ValueError(f"the batch has {len(batch)} rows; expected {sum(self.rows)}")
        found: dict[str, list[Tensor]] = {}
        for set_up, step, part in zip(self.names, self.steps, batch.split(self.rows), strict=True):
            for loss, value in step(part).items():
                found.setdefault(f"{set_up}: {loss}", []).append(value)
        return {name: torch.stack(values).mean() for name, values in found.items()}

    def averaged(self) -> nn.Module:
        """The generators, those with an average replaced by it."""
        for step in self.steps:
            if step.ema is not None:
                step.generator.load_state_dict(step.ema.module.state_dict())
        return self.module

    def state_dict(self) -> dict[str, Any]:
        """The states of all runs."""
        return {"steps": [step.state_dict() for step in self.steps]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        for step, saved in zip(self.steps, state["steps"], strict=True):
            step.load_state_dict(saved)
