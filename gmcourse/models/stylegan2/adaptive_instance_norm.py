"""What the modulated convolution replaced: adaptive instance normalisation, and StyleGAN's layer around it."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.expect.door import door
from gmcourse.models.stylegan2.layer import SynthesisLayer
from gmcourse.nn.equalized import GAINS, SLOPE
from gmcourse.nn.resample import upsampled_conv


@door(x="B C H W; unseen", scale="B C; unseen", shift="B C; unseen", eps=">= 0")
def adain(x: Tensor, scale: Tensor, shift: Tensor, eps: float = 1e-8) -> Tensor:
    """scale · (x − mean(x)) / std(x) + shift, with mean and std of each picture's each channel.

    Huang & Belongie 2017 (arXiv:1703.06868), eq. 8; Karras et al. 2019 (arXiv:1812.04948), eq. 1. Mean and
    (population) variance are taken over the pixels, so one bright spot makes all other pixels dark.

    Scale and shift, (B, C), are the style of x (B, C, H, W).
    """
    variance, mean = torch.var_mean(x, dim=(2, 3), keepdim=True, correction=0)
    gain = (variance + eps).rsqrt() * scale[:, :, None, None]
    # one multiplication and one addition over the picture: the mean goes into the shift
    return torch.addcmul(shift[:, :, None, None] - mean * gain, x, gain)


class AdaINConv(SynthesisLayer):
    """Convolution, noise, bias, leaky ReLU, AdaIN: the layer of StyleGAN, in the place of a `StyledConv`.

    Karras et al. 2019, figure 1b. Noise has a learned strength for each channel. The style comes last and gives
    mean and deviation of every feature map, whatever the convolution did.
    """

    style_bias = 0.0

    @staticmethod
    def sizes(in_channels: int, out_channels: int) -> tuple[int, tuple[int, ...]]:
        """A scale and a shift for every map that comes out, and a strength of the noise for each."""
        return 2 * out_channels, (out_channels,)

    def forward(self, x: Tensor, w: Tensor, noise: str = "random") -> Tensor:
        """Map (B, I, h, h), (B, w_dim) to (B, O, resolution, resolution); noise "random", "fixed" or "none"."""
        weight = self.weight * (GAINS["lrelu"] / (3 * math.sqrt(self.weight.shape[1])))
        x = upsampled_conv(x, weight, self.kernel) if self.up else F.conv2d(x, weight, padding=1)
        drawn = self.noise(x, noise)
        if drawn is not None:
            x = torch.addcmul(x, drawn, self.noise_strength[:, None, None])
        x = F.leaky_relu(x + self.bias[:, None, None], SLOPE, inplace=True)
        scale, shift = self.style(w).chunk(2, 1)
        return adain(x, 1 + scale, shift)
