"""Bijections that only move numbers to other places: |det| = 1."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant


class Squeeze(Bijection):
    """Each 2×2 block of pixels becomes four channels, in the order c·4 + dy·2 + dx, as in RealNVP and Glow."""

    wanted = "B C H W"

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Move space to channels: (B, C, H, W) → (B, 4C, H/2, W/2)."""
        self.check(x, context)
        if x.shape[2] % 2 or x.shape[3] % 2:
            raise ValueError(f"x of Squeeze has shape {tuple(x.shape)}; expected even H and W")
        return pixel_unshuffle(x, 2), constant(0.0, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Move channels to space: (B, 4C, H, W) → (B, C, 2H, 2W)."""
        self.check(z, context)
        if z.shape[1] % 4:
            raise ValueError(f"z of Squeeze has shape {tuple(z.shape)}; expected (B, 4C, H, W)")
        return pixel_shuffle(z, 2)


class Permutation(Bijection):
    """z_i = x_{order[i]} along dimension 1; `order` has each of 0 … n − 1 once."""

    order: Tensor
    back: Tensor

    @expect.door()
    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        if sorted(order) != list(range(len(order))):
            raise ValueError(f"order is {list(order)}; expected each of 0 … {len(order) - 1} once")
        self.wanted = f"B {len(order)} …"
        self.register_buffer("order", torch.tensor(list(order)))
        self.register_buffer("back", torch.argsort(self.order))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Reorder the dimensions; log_det = 0."""
        self.check(x, context)
        return x[:, self.order], constant(0.0, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Put the dimensions back in order."""
        self.check(z, context)
        return z[:, self.back]


@expect.door(dim=">= 1")
def even_odd(dim: int) -> Permutation:
    """Put dimensions 0, 2, 4, … first, then 1, 3, 5, …: NICE's partition, as the halves of a coupling."""
    return Permutation([*range(0, dim, 2), *range(1, dim, 2)])
