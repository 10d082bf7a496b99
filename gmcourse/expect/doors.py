"""The check at a door, written where the arguments are: one line above the function.

    @expect.door(real="N D", generated="M D", k=">= 1 < N")
    def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> tuple[float, float]: ...

Of what kind an argument is, its annotation says: a tensor, a whole number, a finite number, one of some words, a
function, a mapping or a sequence of these. The line says what more is expected:

- of a tensor its shape, as `tensors.tensor` reads it. A word that returns is the same size, in all arguments.
  Behind a semicolon may stand, with commas between them, a dtype of `tensors.KINDS`, bounds of the values, "-inf"
  (log-probabilities may be −∞), "empty" (no element is fine as well), "unit" (pictures of about [0, 1]),
  "anywhere" (it may lie on another device), and "unseen": the values are not looked at, so that no GPU waits in a
  training step; "detached": they are, unless a gradient will flow back through them;
- of a number its bounds, ">= 0 < 1"; a bound may be a size, as N above;
- of a word the words that there are, "gaussian|uniform";
- of a sequence how many members it has, "K:", and then what is expected of each; of a tuple what is expected of
  its members in turn, with " / " between them.
"""

import functools
import inspect
import math
import re
import types
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
import torch
from torch import Tensor

from gmcourse.expect import tensors, values

P = ParamSpec("P")
R = TypeVar("R")
Sizes = dict[str, str]  # a word of a shape → its size; "…" → the sizes that it stands for
Prepare = Callable[[Tensor], Tensor]

SIGNS = {">=": "least", ">": "above", "<=": "most", "<": "below"}
BOUND = re.compile(r"(>=|<=|>|<)\s*(\S+)")


@functools.cache
def _hints(owner: Any) -> dict[str, Any]:
    return get_type_hints(owner)


def door(*, prepare: Prepare | None = None, **wanted: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator that checks the arguments of a call before the function sees them.

    `wanted` says for each argument, in the order of the checks, what is expected; `prepare` is done to each tensor.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        function = tensors.one_dtype(function)
        signature = inspect.signature(function)
        unknown = set(wanted) - set(signature.parameters)
        assert not unknown, f"{function.__qualname__} has no argument {unknown}"
        parameters = signature.parameters.items()
        free = {name for name, each in parameters if each.kind is each.VAR_KEYWORD}
        names = list(signature.parameters)
        several = any(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for _, each in parameters)
        simple = prepare is None and not several
        defaults = {name: each.default for name, each in parameters if each.default is not each.empty}
        together = {name for name in signature.parameters if "anywhere" not in wanted.get(name, "")}

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            given = defaults | dict(zip(names, args, strict=False)) | kwargs
            if not simple or len(given) != len(names) or len(args) + len(kwargs) > len(names):
                call = signature.bind(*args, **kwargs)  # slower, and it refuses what does not fit
                call.apply_defaults()
                given = call.arguments
            _check_all({name: each for name, each in given.items() if name not in free}, function, wanted)
            for name in free & set(given):
                for key, value in given[name].items():
                    _check(key, value, _hints(function)[name], wanted.get(name, ""), {})
            if prepare is None:
                found = {name: given[name] for name in together if isinstance(given.get(name), Tensor)}
                tensors.same_device(**found)
                call_plainly: Callable[..., R] = function
                return call_plainly(*map(_plain, args), **{name: _plain(each) for name, each in kwargs.items()})
            call.arguments.update({name: _prepared(each, prepare) for name, each in given.items()})
            return function(*call.args, **call.kwargs)

        return checked

    return decorated


def drawing(**wanted: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`door` for what draws: the tensors come to the CPU, without gradient and in a dtype that NumPy knows."""

    def drawn(x: Tensor) -> Tensor:
        x = x.detach().cpu()
        return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x

    return door(prepare=drawn, **wanted)


def fields(instance: Any, **wanted: str) -> None:
    """Check the fields of a dataclass in the same way, from its `__post_init__`."""
    _check_all(vars(instance), type(instance), wanted)


def _check_all(given: Mapping[str, Any], owner: Any, wanted: Mapping[str, str]) -> None:
    sizes: Sizes = {}
    hints = _hints(owner)
    for name in [*wanted, *(name for name in given if name not in wanted)]:
        if name in hints and name in given:
            _check(name, given[name], hints[name], wanted.get(name, ""), sizes)


def _check(name: str, value: Any, hint: Any, more: str, sizes: Sizes) -> None:
    """Refuse a value that is not what its annotation and the line say."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [each for each in get_args(hint) if each is not types.NoneType]
        if value is None and len(options) < len(get_args(hint)):
            return
        fitting = [each for each in options if isinstance(value, _class_of(each))]
        if not fitting and len(options) > 1:
            values.refuse(name, values.described(value), " or ".join(map(_named, options)))
        _check(name, value, (fitting or options)[0], more, sizes)
        if Path in options and isinstance(value, str):
            values.path(name, value)
    elif hint is Tensor:
        _check_tensor(name, value, more, sizes)
    elif hint is int:
        shift = {"least": ("least", 0), "above": ("least", 1), "most": ("most", 0), "below": ("most", -1)}
        bounds = {shift[sign][0]: int(bound) + shift[sign][1] for sign, bound in _bounds(more, sizes).items()}
        values.whole(name, value, **bounds)
    elif hint is float:
        if "unseen" not in more:
            values.number(name, value, **_bounds(more, sizes))
        elif not isinstance(value, Real | Tensor):
            values.refuse(name, values.described(value), "a number")
    elif origin is Literal:
        values.one_of(name, value, get_args(hint))
    elif hint is str and "|" in more:
        values.one_of(name, value, more.split("|"))
    elif origin is not None and issubclass(origin, Mapping | Sequence):
        _check_members(name, value, hint, more, sizes)
    elif not isinstance(value, _class_of(hint)):
        values.refuse(name, values.described(value), _named(hint))


def _check_tensor(name: str, value: Any, more: str, sizes: Sizes) -> None:
    shape, _, flags = more.partition(";")
    words = {flag.strip() for flag in flags.split(",")}
    known = " ".join(sizes.get(word, word) for word in shape.split())
    kinds = words & set(tensors.KINDS)
    within = _bounds(flags, sizes)
    attached = isinstance(value, Tensor) and value.requires_grad
    seen = "unseen" not in words and not ("detached" in words and attached)
    if "below" in within:  # of whole numbers, such as classes
        within["most"] = within.pop("below") - 1
    tensors.tensor(
        name,
        value,
        known if shape else None,
        dtype=kinds.pop() if kinds else "floating",
        finite=seen,
        minus_infinity="-inf" in words,
        filled="empty" not in words,
        within=(within.get("least", -math.inf), within.get("most", math.inf)) if within and seen else None,
    )
    if "unit" in words and seen:
        tensors.pictures(name, value)
    words_of, found = shape.split(), [str(size) for size in value.shape]
    if "…" in words_of:
        start = words_of.index("…")
        end = len(found) - len(words_of) + start + 1
        sizes["…"] = " ".join(found[start:end])
        del found[start:end], words_of[start]
    for word, size in zip(words_of, found if words_of else [], strict=True):
        if not word[0].isdecimal() and sizes.setdefault(word, size) != size:
            values.refuse(name, f"of shape {tuple(value.shape)}", f"({', '.join(words_of)})")


def _check_members(name: str, value: Any, hint: Any, more: str, sizes: Sizes) -> None:
    """Check a mapping, a sequence or a tuple, member by member; each has sizes of its own."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is not tuple and hasattr(value, "tolist") and inner[0] in (int, float):
        value = value.tolist()  # numbers in an array or a tensor do as well
    if isinstance(value, Tensor) and value.ndim and inner == (Tensor,):
        value = value.unbind()  # and so do the rows of a tensor
    if not isinstance(value, origin) or isinstance(value, bytes) or (isinstance(value, str) and inner[0] is not str):
        values.refuse(name, values.described(value), _named(hint))
    if len(value) == 0 and "empty" not in more:
        values.refuse(name, "empty", "at least one")
    if issubclass(origin, Mapping):
        for key, each in value.items():
            _check(f"{name}[{key!r}]", each, inner[1], more, dict(sizes))
    elif origin is tuple and inner[-1] is not Ellipsis:
        if len(value) != len(inner):
            values.refuse(name, f"{len(value)} values", _named(hint))
        each_more = [*more.split(" / "), *[more.split(" / ")[-1]] * len(inner)]
        for i, (each, kind) in enumerate(zip(value, inner, strict=True)):
            _check(f"{name}[{i}]", each, kind, each_more[i], sizes)
    else:
        count, colon, rest = more.partition(":")
        if colon:
            wanted = sizes.setdefault(count, count if count.isdecimal() else str(len(value)))
            if str(len(value)) != wanted:
                values.refuse(name, f"{len(value)} of them", f"{wanted}, one for each")
            more = rest
        for i, each in enumerate(value):
            _check(f"{name}[{i}]", each, inner[0], more, dict(sizes))


def _bounds(text: str, sizes: Sizes) -> dict[str, float]:
    return {SIGNS[sign]: float(sizes.get(bound, bound)) for sign, bound in BOUND.findall(text)}


def _class_of(hint: Any) -> Any:
    """Find what `isinstance` asks for: the class behind an annotation, `object` where it says nothing."""
    origin = get_origin(hint) or hint
    if origin is Any:
        return object
    return {int: Integral, float: Real}.get(origin, origin if isinstance(origin, type) else object)


def _named(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return f"({', '.join(map(_named, get_args(hint)))})"
    name = _class_of(hint).__name__
    known = {"Callable": "a function", "Mapping": "a mapping", "Sequence": "a sequence"}
    known |= {"bool": "True or False", "str": "a string", "Integral": "a whole number"}
    return known.get(name, f"a {name}")


def _prepared(value: Any, prepare: Prepare) -> Any:
    if isinstance(value, Tensor):
        return prepare(value)
    if isinstance(value, Mapping):
        return {key: _prepared(each, prepare) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_prepared(each, prepare) for each in value)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Give a number of NumPy, also in a tuple, as one of Python: some functions of torch take no other."""
    if type(value) is tuple:
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.integer | np.floating) else value
