"""Convolutions for couplings: a small network whose last layer starts at zero."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect


class ZeroConv2d(nn.Module):
    """A 3×3 convolution that gives zeros at first: (conv(x) + bias) · exp(3 · log_scale), all weights zero.

    A coupling that starts as the identity trains stably; the learned scale, with its factor 3, lets the layer wake up
    faster (Glow's authors' code; the paper says only "zero initialisation"). `edge` adds an input channel that is 1
    just outside the image and 0 inside, so that the layer can tell the border (Glow's authors' code; also what a
    published checkpoint with ones for padding needs).
    """

    @expect.door(in_channels=">= 1", out_channels=">= 1")
    def __init__(self, in_channels: int, out_channels: int, *, edge: bool = False) -> None:
        super().__init__()
        weight = torch.zeros(out_channels, in_channels, 3, 3)
        # channels together in memory, as the flows' images are: 5 % of the convolution's time on a CPU
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.log_scale = nn.Parameter(torch.zeros(out_channels))
        self.edge = nn.Parameter(torch.zeros(out_channels, 1, 3, 3)) if edge else None

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to (B, C′, H, W)."""
        # the scale is folded into the small weight, so that no pass over the image is needed for it
        gain = (3 * self.log_scale).exp()
        out = F.conv2d(x, self.weight * gain[:, None, None, None], self.bias * gain, padding=1)
        if self.edge is None:
            return out
        outside = F.pad(x.new_zeros(1, 1, *x.shape[2:]), (1, 1, 1, 1), value=1.0)
        return out + F.conv2d(outside, self.edge * gain[:, None, None, None])


class CouplingNet(nn.Module):
    """3×3 → ReLU → 1×1 → ReLU → zero 3×3: the network inside Glow's couplings (section B of the paper).

    The two hidden layers have 512 channels in the paper.
    """

    @expect.door(in_channels=">= 1", out_channels=">= 1", hidden_channels=">= 1")
    def __init__(self, in_channels: int, out_channels: int, hidden_channels: int, *, edge: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, hidden_channels, 3, padding=1)
        self.second = nn.Conv2d(hidden_channels, hidden_channels, 1)
        self.last = ZeroConv2d(hidden_channels, out_channels, edge=edge)
        for conv in (self.first, self.second):
            nn.init.normal_(conv.weight, std=0.05)
            assert conv.bias is not None
            nn.init.zeros_(conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, in, H, W) to (B, out, H, W)."""
        h = F.relu(self.first(x), inplace=True)
        h = F.relu(self.second(h), inplace=True)
        return self.last(h)
