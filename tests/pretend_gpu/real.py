"""The same list on a GPU that is there: the same random numbers as on the CPU, so that results can be compared."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from tests.pretend_gpu import pretend_gpu

REAL = os.environ.get("GMCOURSE_REAL_GPU") == "1"
DRAWS = {"rand", "randn", "randint", "randperm", "rand_like", "randn_like"}
FROM = {"bernoulli", "multinomial", "poisson"}
INTO = {"normal_", "uniform_", "bernoulli_", "exponential_", "random_"}


class DrawOnCPU(TorchFunctionMode):
    """Random numbers without a generator of their own are drawn on the CPU, and moved."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        first = args[0] if args and isinstance(args[0], Tensor) else None
        if kwargs.get("generator") is None and name in DRAWS | FROM | INTO:
            device = kwargs.get("device") or (None if first is None else first.device)
            if device is not None and torch.device(device).type == "cuda":
                if name in INTO:
                    return first.copy_(func(torch.empty_like(first, device="cpu"), *args[1:], **kwargs))
                if name in DRAWS:
                    kwargs["device"] = "cpu"
                return func(*(a.cpu() if isinstance(a, Tensor) else a for a in args), **kwargs).to(device)
        return func(*args, **kwargs)


@contextmanager
def gpu() -> Iterator[torch.device]:
    """The pretended GPU; or, where `GMCOURSE_REAL_GPU=1` asks for it, one that is there, in full precision."""
    if not REAL:
        with pretend_gpu():
            yield torch.device("cuda")
        return
    if not torch.cuda.is_available():
        pytest.skip("torch sees no CUDA GPU here")
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        with DrawOnCPU():
            yield torch.device("cuda")
    finally:
        torch.backends.cudnn.allow_tf32 = before
