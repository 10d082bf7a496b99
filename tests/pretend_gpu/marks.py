"""Which tensors lie on the pretended GPU.

A device belongs to a storage, not to a tensor: views, `.data`, `.detach()`, saved tensors and parameters all
share one. So the mark is put on the storage, and every tensor that shares it has it. torch keeps the Python
object of a storage as long as the storage lives.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext

GPU = torch.device("cuda", 0)
MARK = "on_pretended_gpu"


def storage_of(x: Tensor) -> Any:
    """The storage, or None where there is none (inside `torch.func` transforms, sparse tensors)."""
    try:
        return x.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return None


def on_gpu(x: Tensor) -> bool:
    return getattr(storage_of(x), MARK, False)


def mark(x: Tensor, gpu: bool) -> Tensor:
    storage = storage_of(x)
    if storage is not None and (gpu or hasattr(storage, MARK)):
        setattr(storage, MARK, gpu)
    return x


def tensors_in(value: Any) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists, dictionaries and slices."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from tensors_in(each)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, slice):
        yield from tensors_in((value.start, value.stop, value.step))


def means_gpu(device: Any) -> bool:
    """Whether a device, in any spelling, is the pretended one. There is one; an absent one is refused."""
    if isinstance(device, int):
        device = f"cuda:{device}"
    device = torch.device(device)
    if device.type == "cuda" and (device.index or 0) > 0:
        raise RuntimeError("CUDA error: invalid device ordinal")
    return device.type == "cuda"


def is_device(value: Any) -> bool:
    return isinstance(value, str | torch.device | int) and not isinstance(value, bool)


def default_device() -> Any:
    """The device of `torch.set_default_device`, whose mode lies below ours."""
    for each in reversed(_get_current_function_mode_stack()):
        if isinstance(each, DeviceContext):
            return each.device
    return "cpu"
