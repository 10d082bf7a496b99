"""The discriminator: residual blocks down to 4×4, and a look at the whole batch."""

import itertools
import math

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.stylegan2.generator import channels_at, sides
from gmcourse.nn.equalized import EqualizedConv2d, EqualizedLinear


@expect.door(x="B C H W; unseen", group=">= 1", features=">= 1")
def minibatch_std(x: Tensor, group: int = 4, features: int = 1) -> Tensor:
    """Measure how much a group of pictures differs: one number a picture and feature, (B, F).

    The population standard deviation over the pictures of a group, of every feature map and pixel, averaged over
    pixels and over the C/F maps of each feature. A generator that repeats itself is told from this number (Karras et
    al. 2018, arXiv:1710.10196, section 3). Picture i belongs to group i mod (B / group). `group` divides B; where B
    is smaller, all pictures are one group. `features` is F, which divides C.
    """
    batch, channels, height, width = x.shape
    group = min(group, batch)
    if batch % group:
        wanted = f"one that can be cut into groups of {group} for the minibatch standard deviation"
        expect.refuse("x", f"a batch of {batch}", f"{wanted}: a size that {group} divides, or another group")
    if channels % features:
        expect.refuse("features", features, f"a divisor of {channels}, the number of channels")
    y = x.reshape(group, -1, features, channels // features, height, width)
    std = (y.var(0, correction=0) + 1e-8).sqrt().mean((2, 3, 4))  # (B / group, F)
    return std.repeat(group, 1)


class DiscriminatorBlock(nn.Module):
    """Two 3×3 convolutions, the second halving the side, beside a 1×1 one; their sum over √2."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = math.sqrt(0.5)
        self.first = EqualizedConv2d(in_channels, in_channels, 3)
        self.second = EqualizedConv2d(in_channels, out_channels, 3, down=True, gain=half)
        self.skip = EqualizedConv2d(
            in_channels, out_channels, 1, down=True, activation="linear", bias=False, gain=half
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to (B, O, H/2, W/2)."""
        return self.second(self.first(x)) + self.skip(x)


class Discriminator(nn.Module):
    """Pictures → logits, positive for "real".

    Source: Karras et al. 2020 (arXiv:1912.04958), section 4.1: the residual discriminator of figure 7c. The
    resolution R is a power of two from 8 on; the minibatch standard deviation compares `group` pictures and appends
    `features` maps.
    """

    @expect.door(resolution=">= 8", image_channels=">= 1", group=">= 1", features=">= 1")
    def __init__(
        self,
        *,
        resolution: int = 1024,
        image_channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        group: int = 4,
        features: int = 1,
    ) -> None:
        super().__init__()
        widths = [channels_at(side, channel_base, channel_max) for side in reversed(sides(resolution))]
        self.resolution, self.image_channels = resolution, image_channels
        self.group, self.features = group, features
        self.from_rgb = EqualizedConv2d(image_channels, widths[0], 1)
        self.blocks = nn.Sequential(*(DiscriminatorBlock(*pair) for pair in itertools.pairwise(widths)))
        last = widths[-1]
        self.conv = EqualizedConv2d(last + features, last, 3)
        self.hidden = EqualizedLinear(last * 16, last, activation="lrelu")
        self.out = EqualizedLinear(last, 1)

    @expect.one_dtype
    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (B, C, R, R) in [−1, 1] to logits (B,)."""
        shape = (self.image_channels, self.resolution, self.resolution)
        expect.tensor("x", x, expect.batch_of(shape), finite=False)
        # channels last in memory: a depthwise filter is then three times as fast on a CPU
        h = self.blocks(self.from_rgb(x.contiguous(memory_format=torch.channels_last)))
        std = minibatch_std(h, self.group, self.features)
        h = torch.cat([h, std[:, :, None, None].expand(-1, -1, *h.shape[2:])], 1)
        return self.out(self.hidden(self.conv(h).flatten(1))).squeeze(1)
