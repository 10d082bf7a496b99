"""The steps of SRFlow's flow: transition, affine injector, conditional coupling."""

import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.flows import ActNorm, ActNormConv, AffineCoupling, AffineInjector, Bijection, PlainConv1x1
from gmcourse.nn.conv import ZeroConv2d


class ConditionalNet(nn.Module):
    """3×3 → actnorm → ReLU → 1×1 → actnorm → ReLU → zero 3×3, of a part of x and of the context.

    The first convolution of (part, context) is the sum of two, conv(part) + conv(context). So what sees only
    the context is computed at the context's batch: once, when one low resolution has many answers. And a
    context without gradient costs none.

    An injector sees the context alone, and has no `part_channels`. What comes out are raw scales, then shifts.
    """

    def __init__(self, part_channels: int, context_channels: int, out_channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.of_context = nn.Conv2d(context_channels, hidden_channels, 3, padding=1, bias=False)
        self.of_part: nn.Conv2d | None = None
        if part_channels:
            self.of_part = nn.Conv2d(part_channels, hidden_channels, 3, padding=1, bias=False)
        self.norm1 = ActNorm(hidden_channels)
        self.second = nn.Conv2d(hidden_channels, hidden_channels, 1, bias=False)
        self.norm2 = ActNorm(hidden_channels)
        self.last = ZeroConv2d(hidden_channels, out_channels)
        for conv in (self.of_context, self.of_part, self.second):
            if conv is not None:
                nn.init.normal_(conv.weight, std=0.05)

    def forward(self, *inputs: Tensor) -> Tensor:
        """(context) or (part, context) → parameters (B, out, H, W); a context of batch 1 serves every part."""
        *part, context = inputs
        h = self.of_context(context)
        if self.of_part is not None:
            h = h + self.of_part(part[0])
        h = F.relu(self.norm1(h)[0])
        h = F.relu(self.norm2(self.second(h))[0])
        return self.last(h)


def transition_step(channels: int) -> Bijection:
    """Build actnorm and 1×1 convolution alone: they mix the pattern that the squeeze before has made of pixels."""
    return ActNormConv(ActNorm(channels), PlainConv1x1(channels))


def conditional_step(
    channels: int, *, context_channels: int, hidden_channels: int, scale_map: str
) -> list[Bijection]:
    """Build actnorm, 1×1 convolution, affine injector and conditional affine coupling (SRFlow, figure 2)."""
    first = channels // 2
    injector = ConditionalNet(0, context_channels, 2 * channels, hidden_channels)
    coupling = ConditionalNet(first, context_channels, 2 * (channels - first), hidden_channels)
    return [
        transition_step(channels),
        AffineInjector(injector, scale_map),
        AffineCoupling(coupling, scale_map=scale_map, first=first, conditional=True),
    ]
