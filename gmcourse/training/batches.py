"""Which samples make up step number t: a function of (seed, t) alone.

Nothing is remembered between steps, so a run that was killed continues with exactly the batches that it
would have seen, and several processes can each take their rows of the same batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from gmcourse.reproducible import generator, mixed_seed

Data = Tensor | tuple[Tensor, ...] | Callable[[torch.Generator, int], Tensor | tuple[Tensor, ...]]
Batch = Tensor | tuple[Tensor, ...]


@lru_cache(maxsize=2)
def _order(n: int, seed: int, epoch: int) -> Tensor:
    return torch.randperm(n, generator=generator(mixed_seed("order", seed, epoch)))


def batch_indices(n: int, batch_size: int, seed: int, step: int) -> Tensor:
    """Indices of the samples of one step, shape (batch_size,).

    An epoch is one random order of the n samples, cut into whole batches; what is left over at its end is
    skipped, and another order leaves out others.
    """
    per_epoch = n // batch_size
    epoch, position = divmod(step, per_epoch)
    return _order(n, seed, epoch)[position * batch_size : (position + 1) * batch_size]


class Batches:
    """Cuts data that lies in memory, or draws it from a function, into batches numbered from 0.

    Args:
        data: a tensor, a tuple of tensors with equal first dimensions, or a function
            `(generator, batch_size) -> batch` that draws fresh samples (toy densities, rendered faces).
        batch_size: samples in a step, over all processes together.
        seed: with the step's number it determines every batch.

    Raises:
        ValueError: lengths differ, the data is empty, or one batch is larger than the data.
    """

    def __init__(self, data: Data, batch_size: int, seed: int = 0) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; expected at least 1")
        self.data, self.batch_size, self.seed = data, batch_size, seed
        if callable(data):
            return
        tensors = (data,) if isinstance(data, Tensor) else data
        lengths = sorted({len(t) for t in tensors})
        if len(lengths) != 1:
            raise ValueError(f"the tensors of the data have lengths {lengths}; expected them all equal")
        if lengths[0] < batch_size:
            raise ValueError(
                f"batch_size is {batch_size}, but there are only {lengths[0]} samples; "
                f"use batch_size ≤ {lengths[0]}"
            )
        self.length = lengths[0]

    def __getitem__(self, step: int) -> Batch:
        """The batch of one step, on the device on which the data lies."""
        if callable(self.data):
            return self.data(generator(mixed_seed("batch", self.seed, step)), self.batch_size)
        index = batch_indices(self.length, self.batch_size, self.seed, step)
        if isinstance(self.data, Tensor):
            return self.data[index.to(self.data.device)]
        return tuple(t[index.to(t.device)] for t in self.data)


def device_of(batch: Batch) -> torch.device:
    """Where a batch lies."""
    return batch.device if isinstance(batch, Tensor) else batch[0].device


def rows_of(batch: Batch, rank: int, world: int) -> Batch:
    """The rows of a batch that process `rank` of `world` works on: one in every `world`."""
    if world == 1:
        return batch
    return batch[rank::world] if isinstance(batch, Tensor) else tuple(t[rank::world] for t in batch)
