"""PixelCNN: the same small network at every pixel, looking up and to the left."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.masked import MaskedConv2d


class PixelCNN(Autoregressive):
    """van den Oord et al. 2016 (arXiv:1601.06759): masked convolutions, and a softmax over the grey levels.

    Differs from the paper: grey pictures of `shape` (H, W); a level is a one-hot vector; a learned number for each
    channel and place is added after the first layer (where a pixel lies is no data, and may be known). As the
    paper's it has a blind spot: it never sees a pixel above that is too far to the right.
    """

    @expect.door(shape="2: >= 1", levels=">= 2", channels=">= 1", blocks=">= 0", dropout=">= 0 < 1")
    def __init__(
        self,
        shape: Sequence[int] = (8, 8),
        levels: int = 17,
        *,
        channels: int = 48,
        blocks: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(shape[0] * shape[1], levels)
        self.width = shape[1]
        self.first = MaskedConv2d(levels, channels, 7, centre=False)
        self.place = nn.Parameter(torch.zeros(channels, *shape))
        self.blocks = nn.ModuleList(_block(channels, dropout) for _ in range(blocks))
        head = (nn.Conv2d(channels, 64, 1), nn.SiLU(), nn.Conv2d(64, levels, 1))
        self.last = nn.Sequential(nn.SiLU(), *head)

    def _logits(self, x: Tensor) -> Tensor:
        one_hot = F.one_hot(x, self.levels).to(self.place.dtype)
        rows = one_hot.transpose(1, 2).unflatten(2, (-1, self.width))  # (B, levels, rows, W)
        h = self.first(rows) + self.place[:, : rows.shape[2]]
        for block in self.blocks:
            h = h + block(h)
        return self.last(h).flatten(2).transpose(1, 2)

    def next_logits(self, x: Tensor, place: int, cache: dict[Any, Any]) -> Tensor:
        """Compute the logits of one pixel from the rows down to its own: what lies below does not matter."""
        below = (place // self.width + 1) * self.width
        return self._logits(x[:, :below])[:, place]


def _block(channels: int, dropout: float) -> nn.Sequential:
    masked, mix = MaskedConv2d(channels, channels, 3, centre=True), nn.Conv2d(channels, channels, 1)
    return nn.Sequential(nn.SiLU(), masked, nn.SiLU(), nn.Dropout(dropout), mix)
