"""Several processes that train one model: who we are, what we average, and noise that belongs to a sample.

With one process, the usual case, every function here does the obvious thing. With several, started by
`accelerate launch` (GPUs) or `torchrun` (CPUs), process r of w works on the rows r, r + w, r + 2w, … of each batch.
All draw the noise of the whole batch and keep their own rows, so that w processes compute what one would have. What
cannot be equal: statistics of a minibatch (batch normalisation, minibatch standard deviation) are those of a
process's own rows.
"""

import os
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, distributed


def are_several() -> bool:
    """Whether a process group of more than one process is running."""
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def rank_and_world() -> tuple[int, int]:
    """The number of this process, from 0, and how many there are."""
    return (distributed.get_rank(), distributed.get_world_size()) if are_several() else (0, 1)


def join(device: str | None = None) -> torch.device | None:
    """Join the group of processes that a launcher has started, and return the device of this one; else None.

    The device "cpu" keeps the group off the GPUs. Several processes without `accelerate` are a `RuntimeError`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    try:
        from accelerate import PartialState
    except ImportError:
        raise RuntimeError("several processes need accelerate: pip install 'gmcourse[scale]'") from None
    return PartialState(cpu=device == "cpu").device


def average(tensors: Iterable[Tensor]) -> None:
    """Replace each tensor by its mean over all processes, in place."""
    if not are_several():
        return
    for tensor in tensors:
        distributed.all_reduce(tensor)
        tensor /= distributed.get_world_size()


def any_of_us(wish: bool, device: torch.device | str = "cpu") -> bool:
    """Ask whether any process wishes it, so that all of them stop at the same step."""
    if not are_several():
        return wish
    flag = torch.tensor(float(wish), device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag)


def _own_rows(draw: Callable[..., Tensor], like: Tensor, dtype: torch.dtype) -> Tensor:
    rank, world = rank_and_world()
    whole = draw((len(like) * world, *like.shape[1:]), dtype=dtype, device=like.device)
    return whole if world == 1 else whole[rank::world]


def normal_noise(like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Draw standard normal numbers like `like` (B, …), each row keyed to its sample of the whole batch."""
    return _own_rows(torch.randn, like, dtype or like.dtype)


def uniform_noise(like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Draw numbers uniform in [0, 1) like `like` (B, …), each row keyed to its sample of the whole batch."""
    return _own_rows(torch.rand, like, dtype or like.dtype)
