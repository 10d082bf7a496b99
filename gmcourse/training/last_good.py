"""The way back to the last good step, whatever becomes not finite in the next one.

By the time that a loss, a gradient or a running statistic is seen to be NaN or infinite, something has moved already;
and an optimiser that is given finite gradients can spoil parameters or its own memory (a square that overflows). So
what a step may change is copied before it, looked at after it, and put back if need be. The look is one number, so a
GPU is waited for once a step. Small tensors are copied and looked at as one, which spares a small network many calls.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gmcourse import expect
from gmcourse.processes import any_of_us, are_several, average

Measured = dict[str, Tensor]
Kind = tuple[torch.dtype, torch.device]
STATE = ("the parameters", "the buffers", "the optimiser's memory")
SMALL = 1 << 14  # elements of a tensor that is joined with others


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
    scalars = [_scalar(name, value).view(1) for name, value in values.items()]
    alone = len(scalars) == 1 and not are_several()  # and may not be changed
    flat = scalars[0] if alone else torch.cat([value.to(scalars[0].device) for value in scalars])
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
        self._watched: dict[str, Tensor | list[Tensor]] = {}
        self._parts: list[_Part] = []
        self._places: list[int] = []
        self.prefix = ""

    def watch(self, name: str, value: Tensor) -> Tensor:
        """This scalar has to be finite; of several, the first that was given is named. Returns it, detached."""
        self._watched.setdefault(self.prefix + name, scalar := _scalar(name, value))
        return scalar

    def watch_gradient(self, name: str, optimizer: Optimizer) -> None:
        """The gradients of an optimiser's parameters have to be finite."""
        gradients = [p.grad for p in parameters_of([optimizer]) if p.grad is not None]
        self._watched.setdefault(f"{self.prefix}the gradient of {name}", gradients)

    def attempt(
        self, move: Callable[[], Measured], optimizers: Sequence[Optimizer], modules: Sequence[nn.Module]
    ) -> Measured:
        """What `move()` measured. If it raises, or leaves something not finite, all is put back first.

        The move may change the optimisers' parameters and memories, and the buffers of the modules. `Diverged`
        names what is not finite.
        """
        below = list(modules)
        for module in below:  # it grows: the walk of `Module.modules`, without names
            below += filter(None, module._modules.values())
        slots = [(module._buffers, key) for module in below for key in module._buffers]
        buffers = [owner[key] for owner, key in slots]
        memories = [{key: dict(entry) for key, entry in each.state.items()} for each in optimizers]
        before = self._parts_of(_state(optimizers, buffers))
        for part in before:
            if part.small:
                torch.cat(part.small, out=part.flat)
            if part.large:
                torch._foreach_copy_(part.copies[len(part.small) :], part.large)
        self._watched.clear()
        try:
            measured = move()
            self._look(_state(optimizers, [owner[key] for owner, key in slots]), before)
        except BaseException:
            for part in before:
                torch._foreach_copy_(part.tensors, part.copies)
            for (owner, key), buffer in zip(slots, buffers, strict=True):
                owner[key] = buffer
            for optimizer, memory in zip(optimizers, memories, strict=True):
                optimizer.zero_grad(set_to_none=True)
                optimizer.state.clear()
                optimizer.state.update(memory)
            raise
        return measured

    def _parts_of(self, state: Iterable[list[Tensor]]) -> "list[_Part]":
        """The tensors in parts that can be kept: those of the last step, unless memory was moved."""
        tensors = [t for tensors in state for t in tensors]
        places = [t.data_ptr() for t in tensors]  # a part holds the memory: nothing else can move in
        if places != self._places:
            self._parts, self._places = [_Part(*part) for part in _alike(tensors).items()], places
        return self._parts

    def _look(self, state: tuple[list[Tensor], ...], before: "list[_Part]") -> None:
        parts, watched = self._parts_of(state), self._watched
        loose = [t for each in watched.values() for t in (each if isinstance(each, list) else [each])]
        if math.isfinite(as_numbers({"": _size(loose, parts)})[""]):
            return
        # Something is not finite, or it is only too large for a sum of squares.
        for name, each in watched.items():
            check_finite(as_numbers({name: _size(each) if isinstance(each, list) else each}))
        copies = {t.data_ptr(): c for part in before for t, c in zip(part.tensors, part.copies, strict=True)}
        for name, tensors in zip(STATE, state, strict=True):
            allowed = _unsound([copies[t.data_ptr()] for t in tensors if t.data_ptr() in copies])
            if any_of_us(_unsound(tensors) > allowed, tensors[0].device if tensors else "cpu"):
                check_finite({f"a value in {name}, after the update": math.nan})


class _Part:
    """Tensors of one dtype on one device, the small ones joined, and room for their copies."""

    def __init__(self, kind: Kind, tensors: list[Tensor]) -> None:
        self.kind = kind
        plain = [(t.detach(), t.numel() <= SMALL and t.is_contiguous()) for t in tensors]
        self.small = [t.view(-1) for t, small in plain if small]
        self.large = [t for t, small in plain if not small]
        self.tensors = [*self.small, *self.large]
        self.flat = tensors[0].new_empty(sum(t.numel() for t in self.small))
        self.copies = [*self.flat.split([t.numel() for t in self.small]), *map(torch.empty_like, self.large)]


def _state(optimizers: Sequence[Optimizer], buffers: Iterable[Tensor | None]) -> tuple[list[Tensor], ...]:
    memory = [v for o in optimizers for e in o.state.values() for v in e.values() if isinstance(v, Tensor)]
    return parameters_of(optimizers), [buffer for buffer in buffers if buffer is not None], memory


def _alike(tensors: Iterable[Tensor]) -> dict[Kind, list[Tensor]]:
    """Tensors in parts of one dtype and one device: only these are fast together."""
    parts: dict[Kind, list[Tensor]] = {}
    for tensor in tensors:
        parts.setdefault((tensor.dtype, tensor.device), []).append(tensor)
    return parts


def _size(loose: Iterable[Tensor], parts: "Iterable[_Part]" = ()) -> Tensor:
    """The root of the sum of the squares of all floating-point tensors: not finite if one value is not."""
    rows = {part.kind: ([*part.small], [*part.large]) for part in parts}
    for kind, tensors in _alike(loose).items():
        small, large = rows.setdefault(kind, ([], []))
        if few := [t for t in tensors if t.numel() <= SMALL]:
            small.append(torch._C._nn.flatten_dense_tensors(few).detach())
        large += [t.detach() for t in tensors if t.numel() > SMALL]
    norms: list[Tensor] = []
    for (dtype, _), (small, large) in rows.items():
        if dtype.is_floating_point:
            norms += torch._foreach_norm([torch.cat(small), *large] if small else large)
    if len(norms) == 1:
        return norms[0]
    together = [norm.to(norms[0].device, torch.float32) for norm in norms]
    return torch.linalg.vector_norm(torch.stack(together)) if together else torch.zeros(())


def _unsound(tensors: Sequence[Tensor]) -> int:
    return sum(int((~t.isfinite()).sum()) for t in tensors if t.is_floating_point())
