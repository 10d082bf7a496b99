"""How finely a closed form is computed: more finely than the numbers that it is given, which then are the limit."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import torch
from torch import Tensor

P = ParamSpec("P")
HALF = (torch.float16, torch.bfloat16)


def wide(*tensors: Tensor) -> list[Tensor]:
    """Turn all into float64, in which a difference of large terms still has digits; Apple's GPU has float32 only."""
    return [t.float() if t.device.type == "mps" else t.double() for t in tensors]


def single(value: Any) -> Any:
    """Turn a tensor of half precision into float32, and leave anything else as it is."""
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF else value


def at_least_single(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Let a function see float32 for half precision, in which a small difference of large numbers has no digits."""

    @functools.wraps(function)
    def careful(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        given = [each.dtype for each in (*args, *kwargs.values()) if isinstance(each, Tensor)]
        found = function(*map(single, args), **{name: single(each) for name, each in kwargs.items()})
        return found.to(functools.reduce(torch.promote_types, given)) if set(given) & set(HALF) else found

    return careful
