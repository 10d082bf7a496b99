"""A step: one update of the parameters from one batch, and everything needed to go on after a break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gmcourse.processes import average, mean_of
from gmcourse.training.ema import EMA


class Diverged(RuntimeError):
    """A loss was not finite. The parameters are those of the last good step."""


class Step(Protocol):
    """What `fit` needs to know of a model: how to update it, and how to save it."""

    def __call__(self, batch: Any) -> Mapping[str, Tensor]:
        """Update the parameters once; return what was measured, as scalars."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on: model, optimiser, counters, averages."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        ...


def check_finite(values: Mapping[str, Tensor]) -> None:
    """Raise `Diverged` if any of the scalars is NaN or infinite, naming them all."""
    bad = {name: float(value) for name, value in values.items() if not torch.isfinite(value).all()}
    if bad:
        shown = ", ".join(f"{name} = {value}" for name, value in bad.items())
        raise Diverged(f"{shown}: not finite. Try a smaller learning rate or gradient clipping.")


def average_gradients(module: nn.Module) -> None:
    """Replace each gradient by its mean over all processes; nothing to do in a single one.

    Done by hand after backward, on purpose: a data-parallel wrapper synchronises only calls of `forward`,
    and most of our objectives call other methods.
    """
    average([parameter.grad for parameter in module.parameters() if parameter.grad is not None])


class Minimize:
    """The step of every model with one loss: classifiers, autoencoders, VAEs, flows.

    Args:
        objective: `objective(batch)` gives the loss to be minimised, a scalar tensor, or a dict of scalars
            with the key "loss"; the others are only recorded.
        module: whose parameters are saved, clipped and averaged.
        optimizer: a torch optimiser over (some of) the module's parameters.
        ema: an average to be updated after each step.
        clip: the gradient's norm is cut to at most this.

    Raises:
        ValueError: a clip that is not positive; in use, a loss that is no scalar.
        Diverged: in use, a loss that is not finite.
    """

    def __init__(
        self,
        objective: Callable[[Any], Tensor | Mapping[str, Tensor]],
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        *,
        ema: EMA | None = None,
        clip: float | None = None,
    ) -> None:
        if clip is not None and not clip > 0:
            raise ValueError(f"clip is {clip}; expected a positive number or None")
        self.objective, self.module, self.optimizer = objective, module, optimizer
        self.ema, self.clip = ema, clip

    def __call__(self, batch: Any) -> dict[str, Tensor]:
        """One update. A loss that is not finite raises `Diverged` before any parameter changes."""
        self.optimizer.zero_grad(set_to_none=True)
        terms = self.objective(batch)
        terms = {"loss": terms} if isinstance(terms, Tensor) else dict(terms)
        if terms["loss"].ndim != 0:
            raise ValueError(
                f"the loss has shape {tuple(terms['loss'].shape)}; expected a scalar: take its mean"
            )
        check_finite({"loss": mean_of(terms["loss"])})  # of all processes, so that all of them stop
        terms["loss"].backward()
        average_gradients(self.module)
        if self.clip is not None:
            terms["gradient_norm"] = nn.utils.clip_grad_norm_(self.module.parameters(), self.clip)
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update()
        return {name: value.detach() for name, value in terms.items()}

    def state_dict(self) -> dict[str, Any]:
        """Model, optimiser and average."""
        state = {"module": self.module.state_dict(), "optimizer": self.optimizer.state_dict()}
        return state if self.ema is None else {**state, "ema": self.ema.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
