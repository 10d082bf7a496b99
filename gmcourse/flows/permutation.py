"""Reordering: the cheapest bijection there is. Its Jacobian is a permutation matrix, |det| = 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse.flows.bijection import Bijection, Context, constant


class Permutation(Bijection):
    """z_i = x_{order[i]} along dimension 1.

    Args:
        order: each of 0 … n − 1 once.

    Raises:
        ValueError: the order is no permutation.
    """

    order: Tensor
    back: Tensor

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        if sorted(order) != list(range(len(order))):
            raise ValueError(f"order is {list(order)}; expected each of 0 … {len(order) - 1} once")
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("back", torch.argsort(self.order))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Reorder; log_det = 0."""
        self._check_width(x, context)
        return x[:, self.order], constant(0.0, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Put back."""
        self._check_width(z, context)
        return z[:, self.back]

    def _check_width(self, x: Tensor, context: Context) -> None:
        self.check(x, context)
        if x.shape[1] != len(self.order):
            raise ValueError(f"Permutation of {len(self.order)} got shape {tuple(x.shape)}")


def even_odd(dim: int) -> Permutation:
    """Dimensions 0, 2, 4, … first, then 1, 3, 5, …: NICE's partition, as the halves of a coupling."""
    return Permutation([*range(0, dim, 2), *range(1, dim, 2)])


def reverse(dim: int) -> Permutation:
    """The last first."""
    return Permutation(range(dim)[::-1])
