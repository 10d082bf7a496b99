"""One answer for each input: the network that super-resolution was before flows, for comparison."""

import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.rrdb import SLOPE, RRDBEncoder, conv3x3, upsampled


class Regression(nn.Module):
    """Low resolution → one high resolution: the encoder of SRFlow with a last doubling and two convolutions.

    This is ESRGAN's generator. Trained with the squared error it gives the mean of all pictures that fit, with the
    absolute error their median, pixel by pixel; against a discriminator, one sharp guess. The scale is a power of
    two; the other arguments are those of `RRDBEncoder`.
    """

    @expect.door(scale=">= 2")
    def __init__(
        self, scale: int = 4, *, channels: int = 64, growth: int = 32, n_blocks: int = 23, long_skip: bool = True
    ) -> None:
        super().__init__()
        self.scale = scale
        self.encoder = RRDBEncoder(
            scale,
            scale.bit_length() - 1,
            channels=channels,
            growth=growth,
            n_blocks=n_blocks,
            stacked=(),
            long_skip=long_skip,
        )
        self.up = conv3x3(channels, channels)
        self.full = conv3x3(channels, channels)
        self.last = conv3x3(channels, 3)

    @expect.door(low="B 3 h w; unseen")
    def forward(self, low: Tensor) -> Tensor:
        """Enlarge pictures (B, 3, h, w) in [0, 1] to (B, 3, scale·h, scale·w), about [0, 1]."""
        pyramid, _ = self.encoder.read(low)
        h = F.leaky_relu(upsampled(self.up, pyramid[-1]), SLOPE)
        return self.last(F.leaky_relu(self.full(h), SLOPE))
