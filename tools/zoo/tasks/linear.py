"""Linear regression by least squares with a ridge, the cheapest network there is: solved, not trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import torch
from torch import Tensor

from gmcourse.reproducible import generator

LITTLE = 1e-4  # a ridge, as a share of the inputs' mean variance: enough for inputs that nearly repeat each other
RIDGES = (1e-5, LITTLE, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class Linear:
    """y = x W + b for inputs (N, D) and outputs (N, M): `weight` is W, (D, M), and `bias` b, (M,)."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Compute the outputs (N, M) of inputs (N, D)."""
        return x.to(self.weight) @ self.weight + self.bias


@dataclass(frozen=True)
class Sums:
    """What least squares needs of pairs (N, D) and (N, M): sums, which add up over parts of the data."""

    count: int
    x: Tensor
    y: Tensor
    xx: Tensor
    xy: Tensor

    @classmethod
    def of(cls, x: Tensor, y: Tensor, at_once: int = 5000) -> Sums:
        """Add up the pairs, so many at once, in double precision."""
        found = [
            cls(len(a), a.sum(0), b.sum(0), a.T @ a, a.T @ b)
            for a, b in ((a.double(), b.double()) for a, b in zip(x.split(at_once), y.split(at_once), strict=True))
        ]
        return reduce(add, found)

    def __add__(self, other: Sums) -> Sums:
        """Take both parts together."""
        return Sums(
            self.count + other.count, self.x + other.x, self.y + other.y, self.xx + other.xx, self.xy + other.xy
        )

    def solved(self, ridge: float = LITTLE) -> Linear:
        """Solve the normal equations with a ridge, a share of the inputs' mean variance; the bias has none."""
        mean_x, mean_y = self.x / self.count, self.y / self.count
        second = self.xx / self.count - mean_x[:, None] * mean_x
        second.diagonal().add_(ridge * second.diagonal().mean())
        weight = torch.linalg.solve(second, self.xy / self.count - mean_x[:, None] * mean_y)
        return Linear(weight, mean_y - mean_x @ weight)


def with_chosen_ridge(x: Tensor, y: Tensor) -> Linear:
    """Fit to all pairs, with the ridge that has the least squared error on a tenth of them that it did not see."""
    order = torch.randperm(len(x), generator=generator(0))
    chosen, others = order[: len(x) // 10], order[len(x) // 10 :]
    unseen, seen = Sums.of(x[chosen], y[chosen]), Sums.of(x[others], y[others])

    def error(ridge: float) -> float:
        return float((seen.solved(ridge)(x[chosen]) - y[chosen]).square().mean())

    return (seen + unseen).solved(min(RIDGES, key=error))
