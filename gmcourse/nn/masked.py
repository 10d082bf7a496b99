"""Layers whose weights are partly held at zero, so that an output sees only what comes before it."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect


class MaskedLinear(nn.Linear):
    """y = (M ⊙ W) x + b, with a mask M of the weight's shape (out, in) (Germain et al. 2015, section 4)."""

    mask: Tensor

    @expect.door(mask="out in")
    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.clone(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, in) to (…, out)."""
        return F.linear(x, self.weight * self.mask, self.bias)


@expect.door(first="m; integer", hidden=">= 1", last="n; integer", dropout=">= 0 < 1")
def masked_mlp(first: Tensor, hidden: Sequence[int], last: Tensor, dropout: float = 0.0) -> nn.Sequential:
    """Build masked linear layers with SiLU between them.

    Each unit has a degree: of an input its place in the order, counted from 0, and of a hidden unit the last place
    that it may look at. An output of degree i sees what is smaller than i. The hidden degrees take turns,
    0 … D − 2, so that a layer of D − 1 units passes on whatever may be seen; a narrower one takes places at even
    distances. `first` has the degrees of the inputs, `last` those of the outputs.
    """
    layers: list[nn.Module] = []
    turns = max(1, int(first.max()))
    for width in hidden:
        degrees = torch.arange(width) * max(turns, width) // width % turns
        layers += [MaskedLinear((degrees[:, None] >= first).float()), nn.SiLU(), nn.Dropout(dropout)]
        first = degrees
    return nn.Sequential(*layers, MaskedLinear((last[:, None] > first).float()))


class MaskedConv2d(nn.Conv2d):
    """A square convolution that sees the rows above, and of its own row what is on the left.

    van den Oord et al. 2016 (arXiv:1601.06759), sections 3.3 and 3.4: mask B has the centre; mask A, of the first
    layer, not. Of pictures with `colours` the channels are that many equal groups, and at the centre a colour sees
    those before it, and with mask B itself.
    """

    mask: Tensor

    @expect.door(in_channels=">= 1", out_channels=">= 1", size=">= 1", colours=">= 1")
    def __init__(self, in_channels: int, out_channels: int, size: int, *, centre: bool, colours: int = 1) -> None:
        super().__init__(in_channels, out_channels, size, padding=size // 2)
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % colours:
                expect.refuse(name, channels, f"a multiple of the {colours} colours")
        mask = torch.zeros(out_channels, in_channels, size * size)
        mask[..., : size * size // 2] = 1  # as one reads: all that comes before the centre
        ours, theirs = (torch.arange(n) * colours // n for n in (out_channels, in_channels))
        mask[..., size * size // 2] = (theirs < ours[:, None] + centre).float()
        mask = mask.unflatten(2, (size, size))
        self.register_buffer("mask", mask if colours > 1 else mask[0, 0], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to (B, C′, H, W)."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)
