"""A small U-Net that is told a time: down to coarse maps, up again, and the fine maps of the way down beside them."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.time_embedding import TimeEmbedding

GROUPS, HEADS, PATCH, TOLD = 8, 4, 2, 128


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer, giving zeros at first: what it ends adds nothing before it has learned something."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


class Block(nn.Module):
    """Two 3×3 convolutions, added to what was there; between them the time scales and shifts each channel."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(channels, out, 3, padding=1)
        self.first = nn.Sequential(nn.GroupNorm(GROUPS, channels), nn.SiLU(), convolution)
        self.norm, self.tell = nn.GroupNorm(GROUPS, out, affine=False), nn.Linear(TOLD, 2 * out)
        self.last = _zero(nn.Conv2d(out, out, 3, padding=1))
        self.skip = nn.Identity() if channels == out else nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Map (B, C, H, W) and what is said of the time (B, 128) to (B, out, H, W)."""
        scale, shift = self.tell(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.norm(self.first(x)) * (1 + scale) + shift
        return self.skip(x) + self.last(F.silu(h))


class Attention(nn.Module):
    """Every place takes a mean of what all places offer, in four heads, and adds it (Vaswani et al. 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.ask = nn.Sequential(nn.GroupNorm(GROUPS, channels), nn.Conv2d(channels, 3 * channels, 1))
        self.mix = _zero(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        parts = self.ask(x).flatten(2).unflatten(1, (3, HEADS, -1)).transpose(-1, -2)  # (B, 3, heads, HW, d)
        answer = F.scaled_dot_product_attention(*parts.unbind(1))
        return x + self.mix(answer.transpose(-1, -2).reshape(x.shape))


class UNet(nn.Module):
    """A network of (x, t) or (x, t, y) for pictures, that returns the shape of x: the U-Net of diffusion models.

    Patches of 2×2 pixels become channels at the start, and pixels again at the end, which makes it four times as
    fast. Below that are three resolutions, with `width`, twice and twice as many channels; the two coarser ones have
    attention. Ronneberger et al. 2015 (arXiv:1505.04597) have the shape; Ho et al. 2020 (arXiv:2006.11239) the times
    and the attention. The last layer begins at zero, so that an untrained network returns zeros. The shape is (C, H,
    W), of sides that 8 divides, the width a multiple of 8; `classes` is the number of classes y, if any.
    """

    @expect.door(shape="3: >= 1", width=">= 8", classes=">= 0")
    def __init__(self, shape: Sequence[int], *, width: int = 32, classes: int = 0) -> None:
        super().__init__()
        if width % GROUPS or any(side % (4 * PATCH) for side in shape[1:]):
            expect.refuse("shape and width", (tuple(shape), width), "sides and a width that 8 divides")
        self.shape, wide, patch = tuple(shape), 2 * width, shape[0] * PATCH**2
        self.time = TimeEmbedding(TOLD, classes=classes)
        self.first = nn.Conv2d(patch, width, 3, padding=1)
        self.fine = Block(width, width)
        self.halve = nn.Conv2d(width, wide, 3, stride=2, padding=1)
        self.middle, self.look = Block(wide, wide), Attention(wide)
        self.halve_again = nn.Conv2d(wide, wide, 3, stride=2, padding=1)
        self.coarse, self.look_coarse = Block(wide, wide), Attention(wide)
        self.coarse_again = Block(wide, wide)
        self.middle_up, self.look_up = Block(2 * wide, wide), Attention(wide)
        self.narrow, self.fine_up = nn.Conv2d(wide, width, 1), Block(wide, width)
        last = _zero(nn.Conv2d(width, patch, 3, padding=1))
        self.last = nn.Sequential(nn.GroupNorm(GROUPS, width), nn.SiLU(), last)
        # channels together in memory, which convolutions on a CPU like
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Map pictures x (B, C, H, W) at times t (B,), of classes y (B,) or of none, to x's shape."""
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        condition = self.time(t, y)
        patches = F.pixel_unshuffle(x.to(self.first.weight.dtype), PATCH)
        patches = patches.contiguous(memory_format=torch.channels_last)
        fine = self.fine(self.first(patches), condition)  # (B, width, H/2, W/2)
        middle = self.look(self.middle(self.halve(fine), condition))  # (B, 2·width, H/4, W/4)
        h = self.coarse_again(self.look_coarse(self.coarse(self.halve_again(middle), condition)), condition)
        h = self.look_up(self.middle_up(torch.cat([F.interpolate(h, scale_factor=2.0), middle], dim=1), condition))
        h = self.fine_up(torch.cat([F.interpolate(self.narrow(h), scale_factor=2.0), fine], dim=1), condition)
        return F.pixel_shuffle(self.last(h), PATCH)
