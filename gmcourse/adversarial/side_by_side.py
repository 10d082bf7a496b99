"""Several games that are played side by side, so that a difference can be told from luck."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.adversarial.step import Adversarial
from gmcourse.training.last_good import LastGood, Measured


class SideBySide:
    """A step that makes one step of each of several runs, every run with its own rows of the batch.

    The module holds the runs' generators; rows and names are for each run. Curves of equal names are averaged.
    """

    @expect.door(steps="runs:", rows="runs: >= 1", names="runs:")
    def __init__(
        self, module: nn.Module, steps: Sequence[Adversarial], rows: Sequence[int], names: Sequence[str]
    ) -> None:
        self.module, self.steps, self.rows, self.names = module, list(steps), list(rows), list(names)
        paths = {id(part): path for path, part in module.named_modules()}
        missing = [number for number, step in enumerate(steps) if id(step.generator) not in paths]
        if missing:
            expect.refuse("module", f"without the generators of runs {missing}", "all of them as its parts")
        self._paths = [paths[id(step.generator)] for step in steps]
        self._last_good = LastGood()

    @property
    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return the optimisers of all runs."""
        return [optimizer for step in self.steps for optimizer in step.optimizers]

    def __call__(self, batch: Tensor) -> Measured:
        """Make one step of each run, or of none if one is `Diverged`; losses are named after the set-ups."""
        if len(expect.tensor("the batch", batch, finite=False)) != sum(self.rows):
            expect.refuse("the batch", f"of {len(batch)} rows", str(sum(self.rows)))
        changing = [module for step in self.steps for module in step.changing]
        measured = self._last_good.attempt(lambda: self._play(batch), self.optimizers, changing)
        for step in self.steps:
            step.commit()
        return measured

    def _play(self, batch: Tensor) -> Measured:
        found: dict[str, list[Tensor]] = {}
        for number, (step, part) in enumerate(zip(self.steps, batch.split(self.rows), strict=True)):
            self._last_good.prefix = f"run {number}, {self.names[number]}: "
            for loss, value in step.play(part, self._last_good).items():
                found.setdefault(f"{self.names[number]}: {loss}", []).append(value)
        return {name: torch.stack(values).mean() for name, values in found.items()}

    def trained(self) -> nn.Module:
        """Copy the module; where a generator has an average, that stands in its place."""
        trained = copy.deepcopy(self.module)
        for step, path in zip(self.steps, self._paths, strict=True):
            trained.get_submodule(path).load_state_dict(step.trained().state_dict())
        return trained

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all runs."""
        return {"steps": [step.state_dict() for step in self.steps]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        for step, saved in zip(self.steps, state["steps"], strict=True):
            step.load_state_dict(saved)
