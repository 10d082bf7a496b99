"""A step: one update of the parameters from one batch, and everything needed to go on after a break."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn
from torch.optim import LBFGS, Optimizer

from gmcourse import expect
from gmcourse.processes import average
from gmcourse.training.ema import EMA
from gmcourse.training.last_good import LastGood, Measured, parameters_of


@runtime_checkable
class Step(Protocol):
    """What `fit`, recipes and callbacks need to know of a model that is trained."""

    @property
    def module(self) -> nn.Module:
        """The model whose parameters are updated."""

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        """All optimisers, whose learning rates a schedule may change."""

    def __call__(self, batch: Any) -> Mapping[str, Tensor]:
        """Update the parameters once; return what was measured, as scalars.

        If something is not finite, it raises `Diverged`, and all is as it was before the call.
        """

    def trained(self) -> nn.Module:
        """What is kept after training, and looked at on the way: the average, if there is one."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next step depends on: model, optimiser, counters, averages."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""


def average_gradients(optimizer: Optimizer) -> None:
    """Replace each gradient by its mean over all processes; nothing to do in a single one.

    Done by hand after backward, on purpose: a data-parallel wrapper synchronises only calls of `forward`,
    and most of our objectives call other methods.
    """
    average(p.grad for p in parameters_of([optimizer]) if p.grad is not None)


def load_parts(parts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Put back the states of all parts; a part too many, which would be lost, is a `ValueError` like one too few."""
    if other := sorted(set(parts) ^ set(state)):
        raise ValueError(f"the state and the step do not both have {', '.join(other)}; expected the same parts")
    for name, part in parts.items():
        part.load_state_dict(state[name])


def learned_by(optimizer: Optimizer, loss: Tensor) -> list[Tensor]:
    """List the parameters that a loss gives a gradient to; refuses a loss without any."""
    learned = [each for each in parameters_of([optimizer]) if each.requires_grad]
    if not (loss.requires_grad and learned):
        expect.refuse("the loss", "without a gradient", "parameters that learn, and no torch.no_grad() around it")
    return learned


def check_parts(name: str, module: nn.Module, optimizer: Optimizer, ema: EMA | None = None) -> None:
    """Refuse an optimiser over parameters of another module, and an average of another one."""
    own = {id(parameter) for parameter in module.parameters()}
    foreign = sum(id(parameter) not in own for parameter in parameters_of([optimizer]))
    if foreign:
        got = f"over {foreign} tensors that are no parameters of it"
        expect.refuse(f"the optimizer of the {name}", got, f"one over {name}.parameters(), or some of them")
    if ema is not None and ema.source is not module:
        raise ValueError(f"ema averages another module; expected EMA({name}, …)")


class Minimize:
    """The step of every model with one loss: classifiers, autoencoders, VAEs, flows.

    `objective(batch)` gives the loss to be minimised, a scalar tensor, or a dict of scalars with the key "loss"; the
    others are only recorded. The module's parameters and buffers are saved and averaged, and the optimiser moves
    (some of) its parameters. `ema` is an average to be updated after each step; `clip` limits the gradient's norm.
    """

    @expect.door(clip="> 0")
    def __init__(
        self,
        objective: Callable[[Any], Tensor | Mapping[str, Tensor]],
        module: nn.Module,
        optimizer: Optimizer,
        *,
        ema: EMA | None = None,
        clip: float | None = None,
    ) -> None:
        check_parts("module", module, optimizer, ema)
        if isinstance(optimizer, LBFGS):
            expect.refuse("optimizer", "LBFGS, which asks for a closure", "one that steps once, such as Adam or SGD")
        self.objective, self.module, self.optimizer = objective, module, optimizer
        self.ema, self.clip = ema, clip
        self._last_good = LastGood()

    @property
    def optimizers(self) -> list[Optimizer]:
        """Return the one optimiser in a list."""
        return [self.optimizer]

    def __call__(self, batch: Any) -> Measured:
        """Update the parameters once, or raise `Diverged` with all as it was before the call."""
        measured = self._last_good.attempt(lambda: self._move(batch), self.optimizers, [self.module])
        if self.ema is not None:
            self.ema.update()
        return measured

    def _move(self, batch: Any) -> Measured:
        for parameter in parameters_of(self.optimizers):
            parameter.grad = None  # `zero_grad` does the same, and takes a twentieth of a small network's step
        found = self.objective(batch)
        if not isinstance(found, Tensor | Mapping):
            expect.refuse("objective(batch)", expect.described(found), 'a scalar tensor or a dict with its "loss"')
        terms = {"loss": found} if isinstance(found, Tensor) else dict(found)
        loss = terms.get("loss")
        if not isinstance(loss, Tensor) or loss.ndim != 0:
            shown = "missing" if loss is None else expect.described(loss)
            raise ValueError(f"the loss is {shown}; expected a scalar tensor: take its mean")
        measured = {name: self._last_good.watch(name, value) for name, value in terms.items()}
        learned_by(self.optimizer, loss)
        loss.backward()
        average_gradients(self.optimizer)
        if self.clip is None:
            self._last_good.watch_gradient("loss", self.optimizer)
        else:
            norm = nn.utils.clip_grad_norm_(parameters_of([self.optimizer]), self.clip)
            measured["gradient_norm"] = self._last_good.watch("the gradient of loss", norm)
        self.optimizer.step()
        return measured

    def trained(self) -> nn.Module:
        """Return the average if there is one, else the module."""
        return self.module if self.ema is None else self.ema.module

    def state_dict(self) -> dict[str, Any]:
        """Return the states of model, optimiser and average."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        load_parts(self._parts(), state)

    def _parts(self) -> dict[str, Any]:
        parts = {"module": self.module, "optimizer": self.optimizer}
        return parts if self.ema is None else {**parts, "ema": self.ema}
