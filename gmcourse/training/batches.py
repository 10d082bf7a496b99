"""Which samples make up step number t: a function of (seed, t) alone, so a killed run goes on with its batches."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.reproducible import generator, mixed_seed

Data = Tensor | tuple[Tensor, ...] | Callable[[torch.Generator, int], Tensor | tuple[Tensor, ...]]
Batch = Tensor | tuple[Tensor, ...]


@lru_cache(maxsize=2)
def _cuts(n: int, batch_size: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    return torch.randperm(n, generator=generator(mixed_seed("order", seed, epoch))).split(batch_size)


def batch_indices(n: int, batch_size: int, seed: int, step: int) -> Tensor:
    """Choose the indices of the samples of one step, shape (batch_size,).

    An epoch is one random order of the n samples, cut into whole batches; what is left over at its end is
    skipped, and another order leaves out others.
    """
    epoch, position = divmod(step, n // batch_size)
    return _cuts(n, batch_size, seed, epoch)[position]


def _parts(name: str, data: Any) -> tuple[Tensor, ...]:
    """Check data and give it as a tuple of tensors of equal lengths."""
    tensors = (data,) if isinstance(data, Tensor) else data
    if not isinstance(tensors, tuple) or not tensors or not all(isinstance(t, Tensor) for t in tensors):
        expect.refuse(
            name,
            expect.described(data),
            "a tensor, a tuple of tensors, or a function (generator, batch_size) → batch; torch.as_tensor(…) makes "
            "a tensor of a list or an array, and map(torch.stack, zip(*dataset)) makes two of a set of pairs",
        )
    for t in tensors:
        kind = "bool" if t.dtype is torch.bool else "real"  # complex numbers have no loss
        expect.tensor(name, t, dtype=kind, finite=False, filled=False)
    lengths = sorted({t.shape[0] if t.ndim else 0 for t in tensors})
    if len(lengths) != 1:
        expect.refuse(name, f"tensors of lengths {lengths}", "equal lengths")
    return tensors


class Batches:
    """Cuts data that lies in memory, or draws it from a function, into batches numbered from 0.

    `length` says how many samples there are; None if they are drawn. Data is a tensor, a tuple of tensors with equal
    first dimensions, or a function `(generator, batch_size) -> batch` that draws fresh samples; the batch_size counts
    over all processes together.
    """

    def __init__(self, data: Data, batch_size: int, seed: int = 0) -> None:
        self.batch_size = expect.whole("batch_size", batch_size, least=1)
        self.seed, self.data = expect.whole("seed", seed), data
        self.length = None
        if not callable(data):
            first = _parts("data", data)[0]
            self.length = first.shape[0] if first.ndim else 0
            if self.length < batch_size:
                expect.refuse("data", f"only {self.length} samples", f"at least the batch_size, {batch_size}")

    def __getitem__(self, step: int) -> Batch:
        """The batch of one step, on the device on which the data lies."""
        if callable(self.data):
            drawn = self.data(generator(mixed_seed("batch", self.seed, step)), self.batch_size)
            found = len(_parts("what the data's function drew", drawn)[0])
            if found != self.batch_size:
                expect.refuse("the drawn batch", f"of {found} samples", f"{self.batch_size}, the batch_size")
            return drawn
        assert self.length is not None
        index = batch_indices(self.length, self.batch_size, self.seed, step)
        if isinstance(self.data, Tensor):
            return self.data[index.to(self.data.device)]
        return tuple(t[index.to(t.device)] for t in self.data)


def rows_of(batch: Batch, rank: int, world: int) -> Batch:
    """The rows of a batch that process `rank` of `world` works on: one in every `world`."""
    if world == 1:
        return batch
    return batch[rank::world] if isinstance(batch, Tensor) else tuple(t[rank::world] for t in batch)
