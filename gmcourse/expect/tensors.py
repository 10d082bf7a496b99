"""The checks of tensors: shapes, kinds of dtype, ranges, devices."""

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, nn

from gmcourse.expect.values import bounded, described, refuse

P = ParamSpec("P")
R = TypeVar("R")


def tensor(
    name: str,
    value: Any,
    shape: str | None = None,
    *,
    dtype: str = "floating",
    finite: bool = True,
    minus_infinity: bool = False,
    filled: bool = True,
    within: tuple[float, float] | None = None,
) -> Tensor:
    """Check a tensor's shape, its kind of dtype and its range.

    Args:
        value: lists and NumPy arrays are refused with the call that turns them into tensors.
        shape: dimensions in words, such as "B D" or "N 1|3 H W"; "…" stands for any number of them. A whole
            number must be met exactly, a word stands for any size. None leaves the shape open.
        dtype: one of `KINDS`.
        finite: whether NaN and infinity are refused. It makes a GPU wait: not in a training step.
        minus_infinity: whether −∞ is fine nevertheless, as it is for a log-probability.
        filled: whether a tensor without elements is refused.
        within: the least and the largest value allowed. It makes a GPU wait too.
    """
    if not isinstance(value, Tensor):
        cure = "torch.from_numpy(…)" if type(value).__module__ == "numpy" else "torch.tensor(…)"
        refuse(name, described(value), f"a torch.Tensor{_in_words(shape)}; make one with {cure}")
    plain(name, value, meta=not (finite or within))
    if shape is not None and not _fits(tuple(value.shape), shape.split()):
        raise ValueError(f"{name} has shape {tuple(value.shape)}; expected{_in_words(shape)}")
    if not _is_of(value.dtype, dtype):
        raise ValueError(f"{name} has dtype {value.dtype}; expected {KINDS[dtype]}")
    if filled and value.numel() == 0:
        raise ValueError(f"{name} is empty, of shape {tuple(value.shape)}; expected at least one element")
    values = value.detach()
    if finite and value.dtype.is_floating_point:
        bad = ~values.isfinite() & (values != -math.inf) if minus_infinity else ~values.isfinite()
        if bool(bad.any()):
            found = f"NaN or infinite in {int(bad.sum())} of {value.numel()} values"
            refuse(name, found, "finite values; look at where they come from")
    if within is not None and value.numel():
        low, high = (float(each) for each in values.aminmax())
        if not (low >= within[0] and high <= within[1]):
            wanted = bounded(*(bound if math.isfinite(bound) else None for bound in within))
            raise ValueError(f"{name} has values from {low:.4g} to {high:.4g}; expected them{wanted}")
    return value


def plain(name: str, value: Tensor, *, meta: bool = False) -> Tensor:
    """Refuse what is no array of numbers, and, unless `meta` says so, one whose numbers are nowhere."""
    if value.layout is not torch.strided or value.is_quantized or value.is_nested:
        refuse(name, "sparse, nested or quantised", "a dense tensor, as x.to_dense() or x.dequantize() gives")
    if value.is_meta and not meta:
        refuse(name, "on the device 'meta', where nothing has a value", "a tensor on a device that computes")
    if "e8m0" in str(value.dtype) or "float4" in str(value.dtype):
        refuse(name, f"of dtype {value.dtype}", "one that files can hold, such as float32")
    return value


KINDS = {
    "full": "float32 or float64, as x.float() gives: half precision is too coarse here",
    "floating": "a floating-point dtype, as x.float() gives",
    "integer": "a dtype of whole numbers, as x.long() gives",
    "bool": "torch.bool",
    "uint8": "torch.uint8",
    "real": "a dtype of numbers, not bool and not complex",
}


def _is_of(dtype: torch.dtype, kind: str) -> bool:
    if kind == "full":
        return dtype in (torch.float32, torch.float64)
    if kind in ("bool", "uint8"):
        return dtype is getattr(torch, kind)
    if kind == "floating" or dtype.is_floating_point:
        return dtype.is_floating_point and dtype.itemsize > 1 and kind in ("floating", "real")  # no float8
    return dtype is not torch.bool and not dtype.is_complex


def _fits(shape: tuple[int, ...], wanted: Sequence[str]) -> bool:
    if "…" in wanted:
        head, tail = wanted[: wanted.index("…")], wanted[wanted.index("…") + 1 :]
        ends = (*shape[: len(head)], *shape[len(shape) - len(tail) :])
        return len(shape) >= len(head) + len(tail) and _fits(ends, [*head, *tail])
    pairs = zip(shape, wanted, strict=False)
    fits = all(not want[0].isdecimal() or str(size) in want.split("|") for size, want in pairs)
    return len(shape) == len(wanted) and fits


def batch_of(shape: Sequence[int]) -> str:
    """Write the shape of a batch of samples of this shape as `tensor` reads it: "B 3 8 8"."""
    return " ".join(["B", *map(str, shape)])


def _in_words(shape: str | None) -> str:
    if shape is None:
        return ""
    parts = shape.split()
    return f" ({', '.join(parts)}{',' if len(parts) == 1 else ''})".replace("|", " or ")


def pictures(name: str, value: Tensor) -> None:
    """Refuse pictures that are not of about [0, 1]: networks overshoot, but 0 … 255 and −1 … 1 are other units."""
    x = value.detach().float()
    low, high = (float(each) for each in x.aminmax())
    bright, centred = float(x.clamp_min(1).mean()) > 2, -1 <= low < -0.5 and high <= 1  # noise goes beyond ±1
    if (low >= 0 and bright) or centred or (low < 0 and high <= 0):
        wanted = "pictures in [0, 1], as Images.unit() gives, or (x + 1) / 2 of −1 … 1"
        refuse(name, f"pictures from {low:.4g} to {high:.4g}", wanted)


def same_shape(**named: Tensor) -> None:
    """Refuse tensors of different shapes: nothing broadcasts unasked."""
    if len({tuple(value.shape) for value in named.values()}) > 1:
        shown = ", ".join(f"{name} {tuple(value.shape)}" for name, value in named.items())
        raise ValueError(f"shapes differ: {shown}; expected the same shape")


def same_device(**named: Tensor) -> None:
    """Refuse tensors on different devices."""
    if len({value.device for value in named.values()}) > 1:
        shown = ", ".join(f"{name} on {value.device}" for name, value in named.items())
        raise ValueError(f"devices differ: {shown}; expected one device: move them with .to(device)")


class DtypesDiffer(ValueError):
    """Float32 met float64, say, in an operation of torch that takes only one of them."""


def one_dtype(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function name the arguments whose dtypes differ, where torch stops and speaks of "m1 and m2".

    Only there: dtypes may differ under autocast, and where torch promotes them. The object of a method is named, too.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (RuntimeError, DtypesDiffer) as error:
            given = signature.bind(*args, **kwargs).arguments
            found = {type(x).__name__ if name == "self" else name: _dtypes(x) for name, x in given.items()}
            if "type" not in str(error) or len(set().union(*found.values())) < 2:
                raise
            shown = ", ".join(f"{name} has {' and '.join(sorted(kinds))}" for name, kinds in found.items() if kinds)
            raise DtypesDiffer(f"dtypes differ: {shown}; expected one dtype: change it with .to(dtype)") from error

    return wrapper


def _dtypes(value: Any) -> set[str]:
    """The floating dtypes of a tensor, of a module's or of all that something holds."""
    if isinstance(value, Tensor):
        return {str(value.dtype)} if value.is_floating_point() else set()
    if isinstance(value, nn.Module):
        return set().union(*map(_dtypes, [*value.parameters(), *value.buffers()]))
    if isinstance(value, Mapping | list | tuple):
        return set().union(*map(_dtypes, value.values() if isinstance(value, Mapping) else value))
    return _dtypes(vars(value)) if type(value).__module__.startswith("gmcourse.densities") else set()


def cholesky(name: str, cov: Tensor) -> Tensor:
    """Give the lower Cholesky factors (…, D, D) of covariances, all symmetric and positive definite."""
    size, off = (float(each.detach().abs().max()) for each in (cov, cov - cov.mT))
    if not off <= 1e-4 * size:
        refuse(name, f"not symmetric, by {off:.2g}", "a covariance: (A + A.mT) / 2 is one")
    chol, info = torch.linalg.cholesky_ex(cov)
    if bool((info != 0).any()):
        cure = "give a larger ridge, structure='diagonal', or add a little to the diagonal"
        refuse(name, "not positive definite", f"more points than dimensions, none of which is constant: {cure}")
    return chol
