"""A table of grey levels for each pixel: the cheapest density of whole-number pixels."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from gmcourse import expect


@dataclass(frozen=True)
class Histogram:
    """p(x) = Π_d L · p_d(⌊L x_d⌋) on [0, 1]^D: independent pixels, each constant between two of L levels.

    Of dequantised pixels this is exact: log p(x) − D log L is the log-probability of the whole numbers.
    `log_probabilities` has log p_d(l), (D, L).
    """

    log_probabilities: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, log_probabilities="D L; full")

    @classmethod
    @expect.door(x="N D; full, >= 0 <= 1", levels=">= 2")
    def fit(cls, x: Tensor, levels: int) -> Self:
        """Count how often each pixel of data (N, D) has each level; one more picture is shared by all levels."""
        counts = x.new_full((x.shape[1], levels), 1 / levels)
        which = _levels(x, levels).T
        counts.scatter_add_(1, which, torch.ones_like(which, dtype=x.dtype))
        return cls((counts / counts.sum(1, keepdim=True)).log())

    def log_prob(self, x: Tensor) -> Tensor:
        """Give log p(x) in nats for points (N, D) in [0, 1], shape (N,)."""
        dims, levels = self.log_probabilities.shape
        expect.tensor("x", x, f"N {dims}", dtype="full", within=(0, 1))
        expect.same_device(x=x, log_probabilities=self.log_probabilities)
        found = self.log_probabilities.gather(1, _levels(x, levels).T)
        return found.sum(0) + dims * math.log(levels)

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw a level for each pixel, and a place within it, (n, D)."""
        table = self.log_probabilities
        on = generator.device if generator is not None else table.device
        drawn = torch.multinomial(table.exp().to(on), n, replacement=True, generator=generator).T
        within = torch.rand(drawn.shape, generator=generator, device=on, dtype=table.dtype)
        return ((drawn + within) / table.shape[1]).to(table.device)


def _levels(x: Tensor, levels: int) -> Tensor:
    return (x * levels).long().clamp_max(levels - 1)
