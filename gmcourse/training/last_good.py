"""The way back to the last good step, whatever becomes not finite in the next one.

A loss, a gradient, a penalty, a running statistic: by the time that one of them is seen to be NaN or infinite,
something has moved already. Even an optimiser that is given finite gradients can spoil parameters or its own
memory (a square that overflows, a learning rate that is too large). So what a step may change is copied before
it, looked at after it, and put back if need be. The look is one number, so a GPU is waited for once a step. On a
CPU, copy and look take 2 to 5 % of a step of the course's models; the copies take the memory of what they copy.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gmcourse import expect
from gmcourse.processes import any_of_us, average

Measured = dict[str, Tensor]
State = dict[str, list[Tensor]]


class Diverged(RuntimeError):
    """Something was not finite. Parameters, averages and optimisers are those of the last good step."""


def check_finite(values: Mapping[str, float]) -> None:
    """Raise `Diverged`, naming the first of the values that is NaN or infinite."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise Diverged(f"{name} = {value}: not finite. Try a smaller learning rate or gradient clipping.")


def as_numbers(values: Mapping[str, Tensor]) -> dict[str, float]:
    """Scalars as numbers, each the mean over all processes. A GPU is waited for once, not once for each."""
    scalars = [_scalar(name, value).reshape(1) for name, value in values.items()]
    if not scalars:
        return {}
    flat = torch.cat([value.to(scalars[0].device) for value in scalars])
    average([flat])
    return dict(zip(values, flat.tolist(), strict=True))


def _scalar(name: str, value: Tensor) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        expect.refuse(name, expect.described(value), "a tensor of one element")
    return value.detach()


def parameters_of(optimizers: Iterable[Optimizer]) -> list[Tensor]:
    """What the optimisers update."""
    return [p for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]]


class LastGood:
    """Makes a step that can be undone: `attempt(move, optimizers, modules)`.

    The move says with `watch` what has to be finite; parameters, buffers and the optimisers' memories have to
    be finite after it anyway. Values of a buffer that were not finite before (a mask of −∞) may stay so.

    Attributes:
        prefix: stands before each name that is watched, so that several players can have the same names.
    """

    def __init__(self) -> None:
        self._watched: Measured = {}
        self._copies: State = {}
        self.prefix = ""

    def watch(self, name: str, value: Tensor) -> Tensor:
        """This scalar has to be finite; of several, the first that was given is named. Returns it, detached."""
        return self._watched.setdefault(self.prefix + name, _scalar(name, value))

    def watch_gradient(self, name: str, optimizer: Optimizer, clip: float | None = None) -> Tensor:
        """The norm of the gradients of an optimiser's parameters has to be finite; they are cut to `clip`."""
        parameters = parameters_of([optimizer])
        if clip is None:
            norm = _norm([p.grad for p in parameters if p.grad is not None], parameters[0].device)
        else:
            norm = nn.utils.clip_grad_norm_(parameters, clip)
        return self.watch(f"the gradient of {name}", norm)

    def attempt(
        self, move: Callable[[], Measured], optimizers: Sequence[Optimizer], modules: Sequence[nn.Module]
    ) -> Measured:
        """What `move()` measured. If it raises, or leaves something not finite, all is put back first.

        The move may change the optimisers' parameters and memories, and the buffers of the modules.

        Raises:
            Diverged: something is not finite; the message names it.
        """
        slots = [(m._buffers, key) for module in modules for m in module.modules() for key in m._buffers]
        buffers = [owner[key] for owner, key in slots]
        memories = [{key: dict(entry) for key, entry in each.state.items()} for each in optimizers]
        before = _state(optimizers, buffers)
        self._copy(before)
        self._watched.clear()
        try:
            measured = move()
            self._look(_state(optimizers, [owner[key] for owner, key in slots]))
        except BaseException:
            for name, tensors in before.items():
                _copy_all(tensors, self._copies[name])
            for (owner, key), buffer in zip(slots, buffers, strict=True):
                owner[key] = buffer
            for optimizer, memory in zip(optimizers, memories, strict=True):
                optimizer.zero_grad(set_to_none=True)
                optimizer.state.clear()
                optimizer.state.update(memory)
            raise
        return measured

    def _copy(self, state: State) -> None:
        for name, tensors in state.items():
            kept = self._copies.get(name, [])
            if [_kind(t) for t in tensors] != [_kind(t) for t in kept]:
                kept = [torch.empty_like(t) for t in tensors]
            self._copies[name] = kept
            _copy_all(kept, tensors)

    def _look(self, state: State) -> None:
        everything = [tensor for tensors in state.values() for tensor in tensors]
        numbers = as_numbers(self._watched | {"": _norm(everything, everything[0].device)})
        size = numbers.pop("")
        check_finite(numbers)
        if not math.isfinite(size):  # or only too large for a sum of squares
            for name, tensors in state.items():
                if any_of_us(_unsound(tensors) > _unsound(self._copies[name]), everything[0].device):
                    check_finite({f"a value in {name}, after the update": math.nan})


def _state(optimizers: Sequence[Optimizer], buffers: Iterable[Tensor | None]) -> State:
    """What a step may change."""
    entries = [entry for optimizer in optimizers for entry in optimizer.state.values()]
    return {
        "the parameters": parameters_of(optimizers),
        "the buffers": [buffer for buffer in buffers if buffer is not None],
        "the optimiser's memory": [v for e in entries for v in e.values() if isinstance(v, Tensor)],
    }


def _kind(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.dtype, tensor.device


def _alike(*lists: Sequence[Tensor]) -> Iterable[list[list[Tensor]]]:
    """Lists of equal lengths, cut into parts of one dtype and one device: only these are fast on a GPU."""
    parts: defaultdict[Any, list[list[Tensor]]] = defaultdict(lambda: [[] for _ in lists])
    for tensors in zip(*lists, strict=True):
        for part, tensor in zip(parts[tensors[0].dtype, tensors[0].device], tensors, strict=True):
            part.append(tensor)
    return parts.values()


@torch.no_grad()
def _copy_all(to: Sequence[Tensor], of: Sequence[Tensor]) -> None:
    for targets, sources in _alike(to, of):
        torch._foreach_copy_(targets, sources)


@torch.no_grad()
def _norm(tensors: Sequence[Tensor], device: torch.device) -> Tensor:
    """The root of the sum of the squares of all floating-point tensors: not finite if one value is not."""
    floating = [t for t in tensors if t.is_floating_point()]
    norms = [torch.stack(torch._foreach_norm(part)).float().to(device) for (part,) in _alike(floating)]
    return torch.linalg.vector_norm(torch.cat(norms)) if norms else torch.zeros((), device=device)


def _unsound(tensors: Sequence[Tensor]) -> int:
    """How many values are NaN or infinite."""
    return sum(int((~t.isfinite()).sum()) for t in tensors if t.is_floating_point())
