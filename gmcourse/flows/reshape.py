"""Bijections that only move numbers to other places: |det| = 1."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from gmcourse.flows.bijection import Bijection, Context, constant


class Squeeze(Bijection):
    """(B, C, H, W) → (B, 4C, H/2, W/2): each 2×2 block of pixels becomes four channels.

    Channel order c·4 + dy·2 + dx, as in RealNVP and Glow.
    """

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Space to channels.

        Raises:
            ValueError: no image, or a side that two does not divide.
        """
        self.check(x, context)
        if x.ndim != 4 or x.shape[2] % 2 or x.shape[3] % 2:
            raise ValueError(f"Squeeze got shape {tuple(x.shape)}; expected (B, C, H, W) with even H and W")
        return pixel_unshuffle(x, 2), constant(0.0, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Channels to space.

        Raises:
            ValueError: no image, or a number of channels that four does not divide.
        """
        self.check(z, context)
        if z.ndim != 4 or z.shape[1] % 4:
            raise ValueError(f"unsqueezing got shape {tuple(z.shape)}; expected (B, 4C, H, W)")
        return pixel_shuffle(z, 2)


class Flatten(Bijection):
    """(B, C, H, W) → (B, C·H·W), for flows of vectors.

    Args:
        shape: (C, H, W).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Flatten.

        Raises:
            ValueError: another shape.
        """
        self.check(x, context)
        if tuple(x.shape[1:]) != self.shape:
            raise ValueError(
                f"Flatten got shape {tuple(x.shape)}; expected (B, {', '.join(map(str, self.shape))})"
            )
        return x.flatten(1), constant(0.0, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Back to images."""
        self.check(z, context)
        return z.reshape(len(z), *self.shape)
