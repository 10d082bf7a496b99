"""A GPU that is not there: `with pretend_gpu():` lets "cuda" be asked for, and finds what mixes devices.

`marks` has which tensors lie there, `mode` the rules, `cases` the list of what is tried on it, and
`python -m tests.pretend_gpu` tries the same list on a GPU that is there.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch.autograd.function import BackwardCFunction

from tests.pretend_gpu.marks import GPU, means_gpu, on_gpu, tensors_in
from tests.pretend_gpu.mode import MixedDevices, PretendGPU

__all__ = ["GPU", "MixedDevices", "on_gpu", "pretend_gpu"]

REAL_GENERATOR = torch.Generator


class _AnyGenerator(type(torch.Generator)):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, REAL_GENERATOR)


class Generator(REAL_GENERATOR, metaclass=_AnyGenerator):
    """A generator of the CPU that says where it was asked to live."""

    def __new__(cls, device: Any = "cpu") -> "Generator":
        made = super().__new__(cls, device="cpu")
        made.place = GPU if means_gpu(device) else torch.device("cpu")
        return made

    @property
    def device(self) -> torch.device:
        return self.place


CUDA = {
    "is_available": lambda: True,
    "device_count": lambda: 1,
    "current_device": lambda: 0,
    "get_device_name": lambda device=None: "pretended GPU",
    "mem_get_info": lambda device=None: (8 * 10**9, 8 * 10**9),
    "is_current_stream_capturing": lambda: False,
    "is_bf16_supported": lambda *args, **kwargs: True,
    "get_rng_state": lambda device="cuda": torch.empty(0, dtype=torch.uint8),
    **{
        name: lambda *args, **kwargs: None
        for name in ("set_rng_state", "manual_seed", "manual_seed_all", "synchronize", "empty_cache")
    },
}


@contextmanager
def pretend_gpu() -> Iterator[PretendGPU]:
    """Inside, "cuda" is a device like any other, and operations on tensors of two devices are refused."""
    mode, backward = PretendGPU(), torch.autograd.backward

    def begin_backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
        mode.backward_on_gpu = any(map(on_gpu, tensors_in(tensors)))
        backward(tensors, *args, **kwargs)

    with ExitStack() as stack:
        for name, pretended in CUDA.items():
            stack.enter_context(patch.object(torch.cuda, name, pretended))
        if hasattr(torch, "accelerator"):  # torch ≥ 2.6: optimisers ask whether a graph is being captured
            stream = SimpleNamespace(is_capturing=lambda: False)
            stack.enter_context(patch.object(torch.accelerator, "current_stream", lambda device=None: stream))
        stack.enter_context(patch.object(torch, "Generator", Generator))
        stack.enter_context(patch.object(torch.autograd, "backward", begin_backward))
        stack.enter_context(
            patch.object(BackwardCFunction, "apply", lambda node, *grads: mode.function_backward(node, *grads))
        )
        stack.enter_context(mode)
        yield mode
