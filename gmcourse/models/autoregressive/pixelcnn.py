"""PixelCNN: the same small network at every pixel, looking up and to the left."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.masked import MaskedConv2d

Apply = Callable[[nn.Module, Tensor], Tensor]


class PixelCNN(Autoregressive):
    """van den Oord et al. 2016 (arXiv:1601.06759): masked convolutions, and a softmax over the grey levels.

    Pictures have `shape` (H, W); with several `colours` a pixel's numbers follow one another, red before green, as
    `written` puts them. Differs from the paper: a level is a one-hot vector; a learned number for each channel and
    place is added after the first layer (where a pixel lies is no data, and may be known). As the paper's it has a
    blind spot: it never sees a pixel above that is too far to the right.
    """

    @expect.door(shape="2: >= 1", levels=">= 2", channels=">= 1", blocks=">= 0", dropout=">= 0 < 1", colours=">= 1")
    def __init__(
        self,
        shape: Sequence[int] = (8, 8),
        levels: int = 17,
        *,
        channels: int = 48,
        blocks: int = 5,
        dropout: float = 0.0,
        colours: int = 1,
    ) -> None:
        super().__init__(shape[0] * shape[1] * colours, levels)
        self.shape, self.colours = tuple(shape), colours

        def masked(inputs: int, outputs: int, size: int, centre: bool = True) -> MaskedConv2d:
            return MaskedConv2d(inputs, outputs, size, centre=centre, colours=colours)

        def block() -> nn.Sequential:
            mix = masked(channels, channels, 1)
            return nn.Sequential(nn.SiLU(), masked(channels, channels, 3), nn.SiLU(), nn.Dropout(dropout), mix)

        self.first = masked(colours * levels, channels, 7, centre=False)
        self.place = nn.Parameter(torch.zeros(channels, *shape))
        self.blocks = nn.ModuleList(block() for _ in range(blocks))
        wide = 64 * colours
        head = (masked(channels, wide, 1), nn.SiLU(), masked(wide, colours * levels, 1))
        self.last = nn.Sequential(nn.SiLU(), *head)

    def _logits(self, x: Tensor) -> Tensor:
        return self._outputs(x, self.place, lambda layer, h: layer(h))

    def _outputs(self, x: Tensor, place: Tensor, apply: Apply) -> Tensor:
        """Compute the outputs of whole rows of numbers (B, T), or of one pixel; `apply` calls a layer."""
        one_hot = F.one_hot(x, self.levels).to(place.dtype).flatten(1)
        rows = one_hot.unflatten(1, (-1, place.shape[2], self.colours * self.levels)).movedim(3, 1)
        h = apply(self.first, rows) + place[:, : rows.shape[2]]
        for block in self.blocks:
            change = h
            for layer in block.children():
                change = apply(layer, change)
            h = h + change
        return self.last(h).movedim(1, 3).reshape(*x.shape, -1)

    def next_logits(self, x: Tensor, place: int, cache: dict[Any, Any]) -> Tensor:
        """Compute the logits of one number; the cache keeps what every layer has been given at earlier pixels.

        So a picture costs as many products as one look at it, times one more than its colours.
        """
        pixel, colour = divmod(place, self.colours)
        for now in range(cache.get("pixel", 0), pixel + 1):  # the last one again: it has its last colour now
            row, column = divmod(now, self.shape[1])
            numbers = x[:, now * self.colours : (now + 1) * self.colours]
            here = self.place[:, row, column, None, None]
            out = self._outputs(numbers, here, partial(_at_pixel, cache, self.shape, row, column))
        cache["pixel"] = pixel
        return out[:, colour]

    @expect.door(pixels="B C H W; integer")
    def written(self, pixels: Tensor) -> Tensor:
        """Write pictures as numbers: (B, C, H, W) → (B, D)."""
        shape = expect.batch_of((self.colours, *self.shape))
        expect.tensor("pixels", pixels, shape, dtype="integer", within=(0, self.levels - 1))
        return pixels.movedim(1, 3).flatten(1)

    @expect.door(x="B D; integer")
    def pictures(self, x: Tensor) -> Tensor:
        """Make pictures of numbers: (B, D) → (B, C, H, W)."""
        expect.tensor("x", x, f"B {self.dims}", dtype="integer", within=(0, self.levels - 1))
        return x.unflatten(1, (*self.shape, self.colours)).movedim(3, 1)


def _at_pixel(
    cache: dict[Any, Any], shape: Sequence[int], row: int, column: int, layer: nn.Module, h: Tensor
) -> Tensor:
    """Call a layer at one pixel; of the pixels that it sees, the cache has what it was given there."""
    if not isinstance(layer, MaskedConv2d) or (size := layer.kernel_size[0]) == 1:
        return layer(h)
    if layer not in cache:
        cache[layer] = h.new_zeros(*h.shape[:2], *(side + size - 1 for side in shape))
    cache[layer][:, :, row + size // 2, column + size // 2] = h[:, :, 0, 0]
    seen = cache[layer][:, :, row : row + size, column : column + size]
    return F.conv2d(seen, layer.weight * layer.mask, layer.bias)
