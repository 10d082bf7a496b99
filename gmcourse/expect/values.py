"""The checks of plain values. One returns what it was given, so that it can stand where the value is used."""

import math
from collections.abc import Collection
from fractions import Fraction
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import torch

T = TypeVar("T")
Bound = float | None


def refuse(name: str, got: object, expected: str) -> NoReturn:
    """Raise the ValueError that all doors raise: "`name` is `got`; expected `expected`"."""
    raise ValueError(f"{name} is {got}; expected {expected}")


def described(value: Any) -> str:
    """Say a value in a few words: a tensor or an array by its shape, anything else by its beginning."""
    kind = type(value)
    name = kind.__name__ if kind.__module__ in ("builtins", "torch") else f"{kind.__module__}.{kind.__name__}"
    if hasattr(value, "shape"):
        return f"a {name} of shape {tuple(value.shape)}"
    text = repr(value)
    return text if isinstance(value, str | int | float | bool | None) and len(text) <= 60 else f"a {name}"


def whole(name: str, value: Any, *, least: int | None = None, most: int | None = None) -> int:
    """Check a whole number and its bounds; no float, no bool, no tensor."""
    is_whole = isinstance(value, (int, Integral)) and not isinstance(value, bool)
    found = int(value) if is_whole else 0
    large = abs(found) >= 2**63  # torch counts in 64 bits
    if not is_whole or large or (least is not None and found < least) or (most is not None and found > most):
        shown = described(found if is_whole else value)
        refuse(name, shown, "a whole number" + " of 64 bits" * large + bounded(least, most))
    return found


def number(
    name: str, value: Any, *, least: Bound = None, most: Bound = None, above: Bound = None, below: Bound = None
) -> float:
    """Check a finite number: `least` and `most` may be reached, `above` and `below` may not."""
    is_real = isinstance(value, Real) and not isinstance(value, bool | Fraction)  # torch knows no fractions
    large = isinstance(value, int) and abs(value) >= 2**1000
    found = float(value) if is_real and not large else math.nan
    inside = (least is None or found >= least) and (most is None or found <= most)
    strictly = (above is None or found > above) and (below is None or found < below)
    if not (math.isfinite(found) and inside and strictly):
        shown = value if is_real and not large else described(value)
        refuse(name, shown, "a finite number" + bounded(least, most, above, below))
    return found


def bounded(least: Bound, most: Bound, above: Bound = None, below: Bound = None) -> str:
    """Write the end of a message: " ≥ 0 and < 1"."""
    bounds = {"≥": least, ">": above, "≤": most, "<": below}
    parts = [f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None]
    return " " + " and ".join(parts) if parts else ""


def path(name: str, value: Any) -> Path:
    """Check a path of a file or folder, whether or not it is there, and write out a home folder that it names."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        refuse(name, described(value), "a path, as str or pathlib.Path")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        refuse(name, described(str(value)), "a path: the home folder behind ~ is not known here")


def instance(name: str, value: Any, kind: type[T], wanted: str | None = None) -> T:
    """Check that an object is of a class, which the message calls `wanted`."""
    if not isinstance(value, kind):
        refuse(name, described(value), wanted or f"a {kind.__name__}")
    return value


def function(name: str, value: Any, wanted: str = "a function") -> None:
    """Check that something can be called."""
    if not callable(value):
        refuse(name, described(value), wanted)


def device(name: str, value: Any) -> torch.device:
    """Check a device of torch, or its name."""
    try:
        return torch.device(value)
    except (RuntimeError, TypeError):
        refuse(name, repr(value), "a device, such as 'cpu' or 'cuda'")


def one_of(name: str, value: T, options: Collection[T]) -> T:
    """Check that a value is one of those that there are."""
    if not isinstance(value, str | int) or value not in options:
        refuse(name, repr(value), f"one of {', '.join(map(repr, options))}")
    return value
