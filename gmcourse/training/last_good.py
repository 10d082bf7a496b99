"""The way back to the last good step, whatever becomes not finite in the next one.

By the time that a loss, a gradient or a running statistic is seen to be NaN or infinite, something has moved already;
and an optimiser that is given finite gradients can spoil parameters or its own memory (a square that overflows). So
what a step may change is copied before it, looked at after it, and put back if need be. The look is one number, so a
GPU is waited for once a step. Small tensors are copied and looked at as one, which spares a small network many calls.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gmcourse import expect
from gmcourse.processes import any_of_us, are_several, average

Measured = dict[str, Tensor]
Owner = Any  # a module's buffers, an optimiser's state or group, and each dict, list and tuple in them
Kind = tuple[torch.dtype, torch.device]
STATE = ("the parameters", "the buffers", "the optimiser's memory")
SEEN_LATER = {torch.optim.Adam, torch.optim.AdamW}
PLAIN = SEEN_LATER | {torch.optim.SGD, torch.optim.RMSprop}
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
    scalars = [_scalar(name, value) for name, value in values.items()]
    if not scalars or (not are_several() and all(value.is_cpu for value in scalars[1:])):
        return {name: float(value.item()) for name, value in zip(values, scalars, strict=True)}
    average([flat := torch.cat([value.view(1).to(scalars[0].device) for value in scalars])])
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
        self._loose: list[Tensor] = []
        self._parts: list[_Part] = []
        self._places: list[int] = []
        self.prefix = ""

    def watch(self, name: str, value: Tensor) -> Tensor:
        """This scalar has to be finite; of several, the first that was given is named. Returns it, detached."""
        self._watched.setdefault(self.prefix + name, scalar := _scalar(name, value))
        self._loose.append(scalar)
        return scalar

    def watch_gradient(self, name: str, optimizer: Optimizer) -> None:
        """The gradients of an optimiser's parameters have to be finite. Those of Adam are seen in its memory."""
        grads = [g._values() if g.is_sparse else g for p in parameters_of([optimizer]) if (g := p.grad) is not None]
        self._watched.setdefault(f"{self.prefix}the gradient of {name}", grads)
        self._loose += [] if type(optimizer) in SEEN_LATER else grads

    def attempt(
        self, move: Callable[[], Measured], optimizers: Sequence[Optimizer], modules: Sequence[nn.Module]
    ) -> Measured:
        """What `move()` measured. If it raises, or leaves what `Diverged` names not finite, all is put back first.

        The move may change the optimisers' parameters and memories, and the buffers of the modules.
        """
        below = list(modules)
        for module in below:  # it grows: the walk of `Module.modules`, without names
            below += filter(None, module._modules.values())
        buffers = [module._buffers for module in below if module._buffers]
        owners, tensors, infinite = _contents(buffers, optimizers)
        kept = [owner if isinstance(owner, tuple) else owner.copy() for owner in owners]
        before = self._parts_of(tensors)
        for part in before:
            if part.small:
                torch.cat(part.small, out=part.flat)
            if part.large:
                torch._foreach_copy_(part.copies[len(part.small) :], part.large)
        self._watched, self._loose = {}, []
        try:
            measured = move()
            _, tensors, unsound = _contents(buffers, optimizers)
            average([size := _size(self._loose, self._parts_of(tensors)) * (math.nan if unsound > infinite else 1)])
            if not math.isfinite(size.item()):  # or only too large for a sum of squares
                self._look(optimizers, buffers, before, unsound > infinite)
        except BaseException:
            for tensor, copy in (pair for part in before for pair in zip(part.tensors, part.copies, strict=True)):
                if torch._debug_has_internal_overlap(tensor) != 1:  # nothing can be written into what is expanded
                    tensor.copy_(copy)
            for owner, content in zip(owners, kept, strict=True):
                if isinstance(owner, list):
                    owner[:] = content
                elif isinstance(owner, dict):
                    owner.clear()
                    owner.update(content)
            for optimizer in optimizers:
                optimizer.zero_grad(set_to_none=True)
            raise
        return measured

    def _parts_of(self, tensors: list[Tensor]) -> "list[_Part]":
        """The tensors in parts that can be kept: those of the last step, unless memory was moved."""
        places = [t.data_ptr() for t in tensors]  # a part holds the memory: nothing else can move in
        if places != self._places:
            alike: dict[Kind, list[Tensor]] = {}  # of one dtype and one device: only these are fast together
            for tensor in tensors:
                alike.setdefault((tensor.dtype, tensor.device), []).append(tensor)
            self._parts, self._places = [_Part(*part) for part in alike.items()], places
        return self._parts

    def _look(
        self, optimizers: Sequence[Optimizer], buffers: list[Owner], before: "list[_Part]", worse: bool
    ) -> None:
        for name, each in self._watched.items():
            check_finite(as_numbers({name: _size(each) if isinstance(each, list) else each}))
        copies = {t.data_ptr(): c for part in before for t, c in zip(part.tensors, part.copies, strict=True)}
        state = parameters_of(optimizers), _contents(buffers, [])[1], _contents([], optimizers)[1]
        for name, tensors in zip(STATE, state, strict=True):
            allowed = _unsound([copies[t.data_ptr()] for t in tensors if t.data_ptr() in copies])
            spoilt = _unsound(tensors) > allowed or (worse and name == STATE[-1])
            if any_of_us(spoilt, tensors[0].device if tensors else "cpu"):
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


def _contents(buffers: list[Owner], optimizers: Sequence[Optimizer]) -> tuple[list[Owner], list[Tensor], int]:
    """Each dict, list and tuple in these; the tensors; and how many numbers of optimisers are not finite."""
    if PLAIN.issuperset(map(type, optimizers)):  # torch's, which keep dicts of tensors only: be quick
        owners = buffers + [o for each in optimizers for o in (each.state, *each.state.values(), *each.param_groups)]
        inside = [value for owner in owners for value in owner.values() if isinstance(value, Tensor)]
        return owners, parameters_of(optimizers) + inside, 0
    owners = buffers + [owner for each in optimizers for owner in (each.state, *each.param_groups)]
    tensors, unsound = list[Tensor](), 0
    seen = set(map(id, owners))
    for owner in owners:  # it grows
        for each in owner.values() if isinstance(owner, dict) else owner:
            if isinstance(each, Tensor):
                tensors.append(each)
            elif isinstance(each, float):
                unsound += not math.isfinite(each)
            elif isinstance(each, (dict, list, tuple)) and id(each) not in seen:
                owners.append(each)
                seen.add(id(each))
    return owners, tensors, unsound


def _size(loose: Iterable[Tensor], parts: "Iterable[_Part]" = ()) -> Tensor:
    """The root of the sum of the squares of all floating-point tensors: not finite if one value is not."""
    rows = {part.kind: ([*part.small], [*part.large]) for part in parts}
    for tensor in loose:
        rows.setdefault((tensor.dtype, tensor.device), ([], []))[tensor.numel() > SMALL].append(tensor.reshape(-1))
    norms: list[Tensor] = []
    for (dtype, _), (small, large) in rows.items():
        if dtype.is_floating_point or dtype.is_complex:
            norms += [torch.linalg.vector_norm(torch.cat(small))] if small else ()
            norms += torch._foreach_norm(large) if large else ()
    if len(norms) < 2:
        return norms[0] if norms else torch.zeros(())
    return torch.linalg.vector_norm(torch.stack([norm.to(norms[0].device, torch.float32) for norm in norms]))


def _unsound(tensors: Sequence[Tensor]) -> int:
    return sum(int((~t.isfinite()).sum()) for t in tensors)
