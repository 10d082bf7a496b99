"""The way back to the last good step, whatever becomes not finite in the next one.

By the time that a loss, a gradient or a running statistic is seen to be NaN or infinite, something has moved already;
and an optimiser that is given finite gradients can spoil parameters or its own memory (a square that overflows). So
what a step may change is copied before it, looked at after it, and put back if need be. The look is one number, so a
GPU is waited for once a step. On a CPU, copy and look take 2 to 5 % of a step of the course's models.
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
Pairs = list[tuple[list[Tensor], list[Tensor]]]  # tensors of one dtype on one device, and their copies


class Diverged(RuntimeError):
    """Something was not finite. Parameters, averages and optimisers are those of the last good step."""


def check_finite(values: Mapping[str, float]) -> None:
    """Raise `Diverged`, naming the first of the values that is NaN or infinite."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise Diverged(f"{name} = {value}: not finite. Try a smaller learning rate or gradient clipping.")


def as_numbers(values: Mapping[str, Tensor]) -> dict[str, float]:
    """Scalars as numbers, each the mean over all processes. A GPU is waited for once, not once for each."""
    if not values:
        return {}
    scalars = [_scalar(name, value).reshape(1) for name, value in values.items()]
    flat = torch.cat([value.to(scalars[0].device) for value in scalars])
    average([flat])
    return dict(zip(values, flat.tolist(), strict=True))


def _scalar(name: str, value: Tensor) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        expect.refuse(name, expect.described(value), "a tensor of one element")
    return value.detach()


def parameters_of(optimizers: Iterable[Optimizer]) -> list[Tensor]:
    """List the parameters that the optimisers update."""
    return [p for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]]


class LastGood:
    """Makes a step that can be undone: `attempt(move, optimizers, modules)`.

    The move says with `watch` what has to be finite; parameters, buffers and the optimisers' memories have to be
    finite after it anyway. Values of a buffer that were not finite before (a mask of −∞) may stay so. `prefix` stands
    before each name that is watched, so that several players can have the same names.
    """

    def __init__(self) -> None:
        self._watched: Measured = {}
        self._pairs: Pairs = []
        self._paired: list[Any] = []
        self.prefix = ""

    def watch(self, name: str, value: Tensor) -> Tensor:
        """This scalar has to be finite; of several, the first that was given is named. Returns it, detached."""
        return self._watched.setdefault(self.prefix + name, _scalar(name, value))

    def watch_gradient(self, name: str, optimizer: Optimizer) -> None:
        """The gradients of an optimiser's parameters have to be finite."""
        gradients = [p.grad for p in parameters_of([optimizer]) if p.grad is not None]
        self.watch(f"the gradient of {name}", _size(_alike(gradients)))

    def attempt(
        self, move: Callable[[], Measured], optimizers: Sequence[Optimizer], modules: Sequence[nn.Module]
    ) -> Measured:
        """What `move()` measured. If it raises, or leaves something not finite, all is put back first.

        The move may change the optimisers' parameters and memories, and the buffers of the modules. `Diverged`
        names what is not finite.
        """
        slots = [(m._buffers, key) for module in modules for m in module.modules() for key in m._buffers]
        buffers = [owner[key] for owner, key in slots]
        memories = [{key: dict(entry) for key, entry in each.state.items()} for each in optimizers]
        before = self._pair(_all_of(_state(optimizers, buffers)))
        _copy([(copies, tensors) for tensors, copies in before])
        self._watched.clear()
        try:
            measured = move()
            self._look(_state(optimizers, [owner[key] for owner, key in slots]), before)
        except BaseException:
            _copy(before)
            for (owner, key), buffer in zip(slots, buffers, strict=True):
                owner[key] = buffer
            for optimizer, memory in zip(optimizers, memories, strict=True):
                optimizer.zero_grad(set_to_none=True)
                optimizer.state.clear()
                optimizer.state.update(memory)
            raise
        return measured

    def _pair(self, tensors: list[Tensor]) -> Pairs:
        """These tensors with room for their copies: the same as in the last step, unless memory was moved."""
        now = [(tensor.data_ptr(), tensor.dtype, tensor.shape) for tensor in tensors]
        if now != self._paired:
            self._pairs = [(part, [torch.empty_like(t) for t in part]) for part in _alike(tensors)]
            self._paired = now
        return self._pairs

    def _look(self, state: dict[str, list[Tensor]], before: Pairs) -> None:
        size = _size([part for part, _ in self._pair(_all_of(state))])
        numbers = as_numbers({**self._watched, "": size})
        total = numbers.pop("")
        check_finite(numbers)
        if math.isfinite(total):
            return
        # Something is not finite, or it is only too large for a sum of squares.
        copies = {id(t): copy for tensors, kept in before for t, copy in zip(tensors, kept, strict=True)}
        for name, tensors in state.items():
            allowed = _unsound([copies[id(t)] for t in tensors if id(t) in copies])
            if any_of_us(_unsound(tensors) > allowed, size.device):
                check_finite({f"a value in {name}, after the update": math.nan})


def _state(optimizers: Sequence[Optimizer], buffers: Iterable[Tensor | None]) -> dict[str, list[Tensor]]:
    entries = [entry for optimizer in optimizers for entry in optimizer.state.values()]
    return {
        "the parameters": parameters_of(optimizers),
        "the buffers": [buffer for buffer in buffers if buffer is not None],
        "the optimiser's memory": [v for e in entries for v in e.values() if isinstance(v, Tensor)],
    }


def _all_of(state: Mapping[str, list[Tensor]]) -> list[Tensor]:
    return [tensor for tensors in state.values() for tensor in tensors]


def _alike(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """Tensors in parts of one dtype and one device: only these are fast together."""
    parts: defaultdict[Any, list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        parts[tensor.dtype, tensor.device].append(tensor)
    return list(parts.values())


def _copy(pairs: Iterable[tuple[list[Tensor], list[Tensor]]]) -> None:
    """Give the first tensors of each pair the values of the second."""
    with torch.no_grad():
        for to, of in pairs:
            torch._foreach_copy_(to, of)


def _size(parts: Iterable[list[Tensor]]) -> Tensor:
    """The root of the sum of the squares of all floating-point tensors: not finite if one value is not."""
    with torch.no_grad():
        norms = [torch.stack(torch._foreach_norm(part)) for part in parts if part[0].is_floating_point()]
        if len(norms) == 1:
            return torch.linalg.vector_norm(norms[0])
        together = [norm.float().to(norms[0].device) for norm in norms]
        return torch.linalg.vector_norm(torch.cat(together)) if together else torch.zeros(())


def _unsound(tensors: Sequence[Tensor]) -> int:
    return sum(int((~t.isfinite()).sum()) for t in tensors if t.is_floating_point())
