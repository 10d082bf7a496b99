"""The checkpoint of a run that `fit` makes: it never becomes worse, shorter, or that of another run."""

import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gmcourse import expect, processes, storage
from gmcourse.checkpoint import load_checkpoint, save_checkpoint
from gmcourse.training.history import History
from gmcourse.training.step import Step


class SavedRun:
    """Where a run is saved, and what it must have in common with what is there.

    A resumed run must share the identity: seed, batch_size, number of samples, name. Without a path nothing is saved.
    `done` has the steps in the file, 0 while this run has written none, and `at` when it was written, on the
    monotonic clock, or the run began; `mark` is by what the file is known again.
    """

    def __init__(self, path: str | Path | None, step: Step, identity: Sequence[Any], steps: int) -> None:
        self.path = None if path is None else expect.path("checkpoint", path)
        self.step, self.steps = step, steps
        self.identity = dict(zip(("seed", "batch_size", "samples", "run"), identity, strict=True))
        self.done, self.mark = 0, _mark(self.path)
        self.at = time.monotonic()

    def begin(self, *, resume: bool, extend: bool, overwrite: bool) -> tuple[int, History]:
        """The number of the step to begin with, and the history so far; refuses to spoil what is there."""
        if (overwrite and resume) or (extend and not resume):
            raise ValueError("extend belongs to resume, and overwrite to a run without it; got another pair")
        if self.path is None:
            return 0, History()
        if processes.rank_and_world()[0] == 0:
            storage.ensure_writable(self.path)
        if not self.path.is_file() or overwrite:
            return 0, History()
        if not resume:
            raise ValueError(
                f"there is a checkpoint at {self.path} already; go on from it with resume=True (--resume), "
                "begin anew in its place with overwrite=True (--overwrite), or give another path"
            )
        return self._resume(self.path, extend)

    def _resume(self, path: Path, extend: bool) -> tuple[int, History]:
        saved = {"run": self.identity["run"]} | load_checkpoint(path)  # which older ones do not have
        try:
            total, done = int(saved["steps"]), int(saved["step"])
            for name, wanted in self.identity.items():
                if saved[name] != wanted:
                    raise ValueError(
                        f"{path} was written with {name} = {saved[name]!r}, but this run has {wanted!r}; "
                        "give the same value, or another checkpoint path"
                    )
        except KeyError as error:
            raise ValueError(f"{path} is no checkpoint of `fit`: it has no {error}") from error
        if self.steps != total and not (extend and self.steps > total):
            raise ValueError(
                f"{path} is of a run of {total} steps, {done} of them done, but this run has {self.steps}. "
                "Give the same number; or make the run longer with a larger number and extend=True (--extend)"
            )
        try:
            kinds = [set(optimizer.param_groups[0]) for optimizer in self.step.optimizers]
            self.step.load_state_dict(saved["state"])
            for optimizer, kind in zip(self.step.optimizers, kinds, strict=True):
                # loading takes the options of the file, which tell Adam from SGD
                if other := (kind ^ set(optimizer.param_groups[0])) - {"initial_lr"}:
                    raise ValueError(f"only one of the two optimisers has {', '.join(sorted(other))}")
                _lay_out(optimizer)
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is the checkpoint of another model or optimiser: {error}") from error
        self.done = done
        return done, History.from_json(saved["history"])

    def save(self, done: int, history: History) -> None:
        """Write the state after so many steps, unless that is what the file has.

        What another run has written there meanwhile stays, and this run ends: its state comes to lie beside it.
        """
        if self.path is None or done == self.done or processes.rank_and_world()[0] > 0:
            return
        position = {**self.identity, "steps": self.steps, "step": done}
        state = position | {"history": history.to_json(), "state": self.step.state_dict()}
        if _mark(self.path) not in (None, self.mark):
            beside = self.path.with_stem(f"{self.path.stem}-{os.getpid()}")
            save_checkpoint(beside, state)
            raise ValueError(
                f"another run has written {self.path} while this one was training; what this one has done is in "
                f"{beside}. Give each run a path (--folder) of its own"
            )
        try:
            save_checkpoint(self.path, state)
        except OSError as error:
            if done == self.steps or history.interrupted:
                raise
            warnings.warn(f"after {done} steps no checkpoint was written: {error}. Training goes on", stacklevel=2)
        else:
            self.done, self.mark = done, _mark(self.path)
        self.at = time.monotonic()


def _mark(path: Path | None) -> tuple[int, ...] | None:
    """What changes whenever a file is written anew; None where there is none."""
    if path is None or not path.is_file():
        return None
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _lay_out(optimizer: Optimizer) -> None:
    """Lay the memory out as the parameters are: a file keeps no strides, and a GPU's fused step needs them."""
    for parameter, entry in optimizer.state.items():
        for key, value in entry.items():
            alike = isinstance(value, Tensor) and value.shape == parameter.shape
            if alike and value.stride() != parameter.stride():
                entry[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
