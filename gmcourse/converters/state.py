"""A state dict in other people's names, read so that nothing is lost, guessed or broadcast.

A reader asks for each tensor by name and shape, and says at the end that it has finished: a tensor that is
missing, one of another shape, one that nobody asked for, and one with NaN in it are all named in one error.
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.expect import described, refuse

M = TypeVar("M", bound=nn.Module)
WRAPPERS = ("module", "_orig_mod")  # of DataParallel and AveragedModel, and of torch.compile


class Weights:
    """The tensors of a published checkpoint, and which of them have been used.

    Names lose the wrappers' parts `module.` and `_orig_mod.`, wherever and however often they stand. Half
    precision is read as float32, and float64 stays; tensors on a GPU come to the CPU.

    Args:
        ignore: names to leave out, with * and ? as in a shell: an average's "n_averaged", "ema.*". What is no
            part of the model is otherwise an error, so that nothing that was trained is lost unseen.

    Attributes:
        dtype: float64 if any of the tensors is, else float32.
        unused: names that were ignored or that the reader knows and does not need.
        model: the class that was built, "gmcourse.models.glow:Glow"; empty before.
        arguments: what it was built with, JSON only.
    """

    @expect.door(state="empty", ignore="empty")
    def __init__(self, state: Mapping[str, Any], ignore: Sequence[str] = ()) -> None:
        self.unused: list[str] = []
        self.model, self.arguments = "", dict[str, Any]()
        self._what = "a model that is known"
        self._tensors: dict[str, Tensor] = {}
        self._asked: set[str] = set()
        self._missing: list[str] = []
        self._wrong: list[str] = []
        for key, value in state.items():
            name = ".".join(part for part in str(key).split(".") if part not in WRAPPERS)
            if any(fnmatchcase(each, pattern) for each in (str(key), name) for pattern in ignore):
                self.unused.append(name)
                continue
            if not isinstance(value, Tensor):
                cure = "a tensor; take the entry that holds the weights, or ignore this one"
                refuse(f"entry {key!r} of the state", described(value), cure)
            if name in self._tensors:
                refuse("state", f"with {name!r} twice", f"it once, with or without {' or '.join(WRAPPERS)}")
            self._tensors[name] = expect.plain(f"entry {key!r} of the state", value)
        double = any(value.dtype is torch.float64 for value in self._tensors.values())
        self.dtype = torch.float64 if double else torch.float32

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def names(self, pattern: str) -> list[re.Match[str]]:
        """Return what a regular expression matches at the beginning of the names."""
        return [match for name in self._tensors if (match := re.match(pattern, name))]

    def count(self, prefix: str, first: int = 0) -> int:
        """How many parts are numbered from `first` on: prefix0., prefix1., … without a gap."""
        found = {int(match[1]) for match in self.names(rf"{re.escape(prefix)}(\d+)\.")}
        for number in range(first, first + max(len(found), 1)):
            if number not in found:
                self.lacks(f"{prefix}{number}.…")
        return len(found)

    def shape(self, name: str, rank: int) -> tuple[int, ...]:
        """The shape of one tensor, for the sizes of the model that is to be built."""
        if name not in self._tensors:
            self.lacks(name)
        shape = tuple(self._tensors[name].shape)
        if len(shape) != rank:
            refuse("state", f"not {self._what}: {name} has shape {shape}", f"{rank} dimensions")
        return shape

    def lacks(self, name: str) -> NoReturn:
        """Refuse at once: without this tensor there is no telling what to build."""
        shown = ", ".join(sorted(self._tensors)[:3]) or "none"
        more = ", …" * (len(self._tensors) > 3)
        raise ValueError(f"state is not {self._what}: {name} is missing; expected it beside {shown}{more}")

    def build(self, kind: type[M], **arguments: Any) -> M:
        """A model in the dtype of the weights, to be filled; what built it is remembered."""
        self.model, self.arguments = f"{kind.__module__}:{kind.__name__}", arguments
        return kind(**arguments).to(self.dtype)

    def take(self, name: str, *shape: int) -> Tensor:
        """One tensor of exactly this shape; ones where it is not there or wrong, which `finish` tells."""
        value = self._ask(name, shape)
        if value is not None:
            try:
                return expect.tensor(name, value).detach().to("cpu", self.dtype)
            except ValueError as error:
                self.complain(str(error))
        return torch.ones(shape, dtype=self.dtype, device="cpu")

    def flag(self, name: str) -> bool:
        """Read one true or false, kept as a tensor without dimensions."""
        value = self._ask(name, ())
        return value is not None and bool(value)

    def _ask(self, name: str, shape: tuple[int, ...]) -> Tensor | None:
        self._asked.add(name)
        value = self._tensors.get(name)
        if value is None:
            self._missing.append(name)
        elif tuple(value.shape) != shape:
            self.complain(f"{name} has shape {tuple(value.shape)}; expected {shape}")
            return None
        return value

    def copy(self, ours: Tensor, name: str) -> None:
        """Copy a tensor into one of ours, of the same shape."""
        ours.copy_(self.take(name, *ours.shape))

    def fill(self, ours: nn.Module, prefix: str) -> None:
        """A layer's own parameters, which have the same names in torch everywhere: weight and bias."""
        for part, parameter in ours.named_parameters(recurse=False):
            self.copy(parameter, f"{prefix}.{part}")

    def drop(self, *prefixes: str) -> None:
        """Names that are known to be there and are not needed."""
        known = {name for name in self._tensors if name.startswith(prefixes)} - self._asked
        self._asked |= known
        self.unused += sorted(known)

    def complain(self, what: str) -> None:
        """Something is wrong with a tensor; `finish` tells."""
        self._wrong.append(what)

    def finish(self) -> None:
        """Refuse tensors that are missing, wrong, or left over."""
        left = sorted(set(self._tensors) - self._asked)
        faults = [f"missing: {_some(self._missing)}"] if self._missing else []
        faults += [f"wrong: {_some(self._wrong, '; ')}"] if self._wrong else []
        faults += [f"not known: {_some(left)} (what is no part of the model can be ignored)"] if left else []
        if faults:
            raise ValueError(f"state is not {self._what}; expected each tensor once: " + "; ".join(faults))


State = Mapping[str, Any] | Weights  # name → tensor, or weights that leave some of it out


def opened(state: State, what: str) -> Weights:
    """Open a state dict, or weights that leave something out, as those of `what`, which errors name."""
    weights = state if isinstance(state, Weights) else Weights(state)
    weights._what = what
    return weights


def _some(words: Sequence[str], between: str = ", ") -> str:
    rest = f"{between}and {len(words) - 3} more" if len(words) > 3 else ""
    return between.join(words[:3]) + rest
