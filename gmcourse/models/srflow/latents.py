"""The latent of a multi-scale flow, taken apart into what stayed at each level."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from gmcourse import expect
from gmcourse.expect.door import door


@door(z="B C H W", n_levels=">= 1", n_splits=">= 0")
def split_latent(z: Tensor, n_levels: int, n_splits: int | None = None) -> list[Tensor]:
    """Split z in x's shape into the parts that stayed at each split, the largest first, and the last level's.

    Half of the channels stayed at `n_splits` levels, by default at all but the last.
    """
    splits = expect.whole("n_splits", n_levels - 1 if n_splits is None else n_splits, most=n_levels - 1)
    parts: list[Tensor] = []
    for number in range(n_levels):
        z = pixel_unshuffle(z, 2)
        if number < splits:
            z, stays = z.chunk(2, dim=1)
            parts.append(stays)
    return [*parts, z]


@door(parts="B C H W", n_levels=">= 1")
def join_latent(parts: Sequence[Tensor], n_levels: int) -> Tensor:
    """Puts together what `split_latent` took apart."""
    z = parts[-1]
    for number in reversed(range(n_levels)):
        if number < len(parts) - 1:
            z = torch.cat([z, parts[number]], dim=1)
        z = pixel_shuffle(z, 2)
    return z


def normalised(z: Tensor, n_levels: int, n_splits: int | None = None) -> Tensor:
    """Normalise each feature map of each level of z to mean 0 and variance 1 over its positions.

    A feature map of a single position is left as it is. Arguments as in `split_latent`.
    """
    parts = []
    for part in split_latent(z, n_levels, n_splits):
        if part.shape[2] * part.shape[3] > 1:
            std, mean = torch.std_mean(part, (2, 3), unbiased=False, keepdim=True)
            part = (part - mean) / std.clamp_min(1e-6)
        parts.append(part)
    return join_latent(parts, n_levels)
