"""Pairs of a picture and its smaller self: what super-resolution is trained and judged on."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect
from gmcourse.data.images import Images


@expect.door(x="B C H W; full, detached, unit", scale=">= 2")
def downsample(x: Tensor, scale: int) -> Tensor:
    """Make pictures (B, C, H, W) in [0, 1] smaller by a bicubic filter widened with the scale: nothing aliases.

    The kernel is Keys' with a = −½, as in MATLAB's `imresize` and in most papers on super-resolution; those mirror
    the picture at its border, here the kernel is cut there and normalised again. Linear, but for the cut to [0, 1].
    """
    if x.shape[2] % scale or x.shape[3] % scale:
        given = f"{scale} for x of {x.shape[2]}×{x.shape[3]}"
        expect.refuse("scale", given, "a number that divides both sides: crop x first")
    size = (x.shape[2] // scale, x.shape[3] // scale)
    return F.interpolate(x, size, mode="bicubic", antialias=True).clamp(0, 1)


@expect.door(low="B C h w; full, detached, unit", scale=">= 1")
def upsample(low: Tensor, scale: int) -> Tensor:
    """Enlarge (B, C, h, w) by bicubic interpolation, cut to [0, 1]: what there was before networks."""
    size = (low.shape[2] * scale, low.shape[3] * scale)
    return F.interpolate(low, size, mode="bicubic", antialias=True).clamp(0, 1)


@dataclass(frozen=True)
class Pairs:
    """High resolutions and the low ones that were made from them.

    `high` is (N, C, H, W) uint8, as in `Images`, with the labels of the pictures; `low` is `scale` times smaller
    along each side, float32 in [0, 1], rounded to 8 bits as a file would be.
    """

    high: Tensor
    low: Tensor
    scale: int
    labels: Tensor

    def __post_init__(self) -> None:
        high, low = "N C H W; uint8, empty", "N C h w; empty"
        expect.fields(self, high=high, low=low, labels="N …; real, empty", scale=">= 2")

    def __len__(self) -> int:
        return len(self.high)

    def __getitem__(self, index: slice | Tensor) -> "Pairs":
        """Take the pairs of a slice, of indices, or of a mask."""
        return Pairs(self.high[index], self.low[index], self.scale, self.labels[index])

    def unit(self) -> Tensor:
        """Return the high resolutions as float32 in [0, 1]."""
        return self.high.float() / 255

    @expect.door()
    def to(self, device: str | torch.device) -> "Pairs":
        """Move the pairs to another device."""
        return Pairs(self.high.to(device), self.low.to(device), self.scale, self.labels.to(device))


@expect.door(scale=">= 2")
def pairs(images: Images, scale: int) -> Pairs:
    """Pair each picture of a set of 256 grey levels with its low resolution, see `downsample`."""
    expect.whole("the grey levels of images", images.grey_levels, least=256)
    low = torch.cat([downsample(part.float() / 255, scale) for part in images.pixels.split(1024)])
    return Pairs(images.pixels, (low * 255).round() / 255, scale, images.labels)
