"""Residual-in-residual dense blocks: the convolutional trunk of ESRGAN, which reads the low resolution."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect

SLOPE = 0.2  # of every leaky ReLU
RESIDUAL = 0.2  # each residual is added with this weight


@expect.door(in_channels=">= 1", out_channels=">= 1")
def conv3x3(in_channels: int, out_channels: int, *, shrink: float = 1.0) -> nn.Conv2d:
    """A 3×3 convolution that keeps the size; `shrink` makes its first weights smaller."""
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    nn.init.kaiming_normal_(conv.weight)
    with torch.no_grad():
        conv.weight.mul_(shrink)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the outputs of all before it; then x + 0.2 · the last one's. Each of the
    first four adds `growth` channels.
    """

    @expect.door(channels=">= 1", growth=">= 1")
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            # a tenth of He's weights: a deep trunk begins near the identity
            conv3x3(channels + i * growth, growth if i < 4 else channels, shrink=0.1)
            for i in range(5)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to the same shape."""
        parts = [x]
        for conv in self.convs[:-1]:
            parts.append(F.leaky_relu(conv(torch.cat(parts, 1)), SLOPE))
        return x + RESIDUAL * self.convs[-1](torch.cat(parts, 1))


class RRDB(nn.Module):
    """Three dense blocks inside one more residual (Wang et al. 2018, arXiv:1809.00219, section 3.1)."""

    @expect.door(channels=">= 1", growth=">= 1")
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(DenseBlock(channels, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to the same shape."""
        h = x
        for block in self.blocks:
            h = block(h)
        return x + RESIDUAL * h


def upsampled(conv: nn.Module, features: Tensor) -> Tensor:
    """Double the size by repeating pixels, then convolve."""
    return conv(F.interpolate(features, scale_factor=2, mode="nearest"))


class RRDBEncoder(nn.Module):
    """The low resolution, read once, as features for every level of a flow: the encoder of SRFlow.

    Level l = 1 … L works at 1/2^l of the high resolution. Its features are those of the trunk, upsampled by
    convolutions where the level is larger than the low resolution and averaged where it is smaller, beside the
    outputs of some blocks of the trunk, resized.

    The trunk has `channels` channels (64 in the paper) and `n_blocks` residual-in-residual blocks (23); for `growth`
    (32) see `DenseBlock`. `stacked` are the blocks whose outputs every level sees as well (1, 8, 15 and 22). With
    `long_skip` the first convolution is added to the trunk's end, as in ESRGAN; in the published SRFlow its last.
    """

    @expect.door(scale=">= 2", n_levels=">= 1", channels=">= 1", growth=">= 1", n_blocks=">= 1", stacked="empty")
    def __init__(
        self,
        scale: int,
        n_levels: int,
        *,
        channels: int = 64,
        growth: int = 32,
        n_blocks: int = 23,
        stacked: Sequence[int] = (1, 8, 15, 22),
        long_skip: bool = True,
    ) -> None:
        super().__init__()
        if scale & (scale - 1):
            expect.refuse("scale", scale, "a power of two")
        for block in stacked:
            expect.whole("a block in stacked", block, least=0, most=n_blocks - 1)
        self.scale, self.n_levels, self.stacked, self.long_skip = scale, n_levels, tuple(stacked), long_skip
        self.out_channels = channels * (1 + len(self.stacked))
        self.first = conv3x3(3, channels)
        self.trunk = nn.ModuleList(RRDB(channels, growth) for _ in range(n_blocks))
        self.after = conv3x3(channels, channels)
        # to 2, 4, … scale/2 times the low resolution; the flow itself makes the last doubling
        self.ups = nn.ModuleList(conv3x3(channels, channels) for _ in range(scale.bit_length() - 2))

    def read(self, low: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Compute features at 1, 2, … scale/2 times the low resolution, and the outputs of the stacked blocks."""
        first = h = self.first(low)
        outputs = []
        for number, block in enumerate(self.trunk):
            h = block(h)
            if number in self.stacked:
                outputs.append(h)
        pyramid = [(first if self.long_skip else h) + self.after(h)]
        for up in self.ups:
            pyramid.append(F.leaky_relu(upsampled(up, pyramid[-1]), SLOPE))
        return pyramid, outputs

    def forward(self, low: Tensor) -> list[Tensor]:
        """Map pictures (B, 3, h, w) to a context a level, the largest first, (B, C·(1 + stacked), H/2^l, W/2^l)."""
        pyramid, outputs = self.read(low)
        levels = list(reversed(pyramid))
        while len(levels) < self.n_levels:  # smaller than the low resolution: halved once, twice, …
            factor = 0.5 ** (len(levels) - len(pyramid) + 1)
            levels.append(F.interpolate(pyramid[0], scale_factor=factor, mode="bilinear"))
        return [
            torch.cat([level, *(F.interpolate(o, level.shape[2:], mode="nearest") for o in outputs)], 1)
            for level in levels[: self.n_levels]
        ]
