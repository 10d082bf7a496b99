"""The style-modulated convolution, and the layers around it (StyleGAN2, section 2.2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.expect.door import door
from gmcourse.models.stylegan2.layer import SynthesisLayer
from gmcourse.nn.equalized import GAINS, SLOPE, EqualizedLinear
from gmcourse.nn.resample import upsampled_conv

EPS = 1e-8


@door(weight="O I k k; unseen", styles="B I; unseen", eps=">= 0")
def demodulation(weight: Tensor, styles: Tensor, eps: float = EPS) -> Tensor:
    """Compute 1/√(Σ_{i,k} (s_i w_{oik})² + ε) for each picture and output channel: (B, O).

    That is one over the standard deviation that the outputs have if the inputs are independent with unit
    variance (StyleGAN2, eq. 2–3). Summing over k first leaves one small matrix product.
    """
    return (styles.square() @ weight.square().sum((2, 3)).T + eps).rsqrt()


@door(x="B I H W; unseen", weight="O I k k; unseen", styles="B I; unseen", kernel="h w; unseen")
def modulated_conv2d(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    demodulate: bool = True,
    kernel: Tensor | None = None,
    gain: float = 1.0,
) -> Tensor:
    """Convolve every picture with weights of its own, w′ = s_i · w, divided by their norm (StyleGAN2, eq. 1–3).

    The convolution is linear, so s_i may scale the input's channels and the norm the output's: one ordinary
    convolution for the batch, where the paper's text suggests one group a picture. Same numbers, faster.

    Args:
        weight: (O, I, k, k), k odd.
        styles: (B, I), the s_i.
        kernel: a filter; with it the picture becomes twice as large.
        gain: of the output; it needs `demodulate`.
    """
    x = x * styles[:, :, None, None]
    same = weight.shape[-1] // 2
    x = F.conv2d(x, weight, padding=same) if kernel is None else upsampled_conv(x, weight, kernel)
    return x * (demodulation(weight, styles) * gain)[:, :, None, None] if demodulate else x


class StyledConv(SynthesisLayer):
    """Style, modulated 3×3 convolution, noise, bias, leaky ReLU: one layer of the synthesis network.

    The style is an affine map of w. Noise is one picture for all channels with a learned strength that starts
    at 0; it comes after the demodulation, outside the style's reach (StyleGAN2, figure 2c).
    """

    style_bias = 1.0

    @staticmethod
    def sizes(in_channels: int, out_channels: int) -> tuple[int, tuple[int, ...]]:
        """A scale for every map that comes in, and one strength of the noise."""
        return in_channels, ()

    def forward(self, x: Tensor, w: Tensor, noise: str = "random") -> Tensor:
        """Map (B, I, h, h), (B, w_dim) to (B, O, resolution, resolution); noise "random", "fixed" or "none"."""
        gain = GAINS["lrelu"]
        kernel = self.kernel if self.up else None
        x = modulated_conv2d(x, self.weight, self.style(w), kernel=kernel, gain=gain)
        # lrelu(a·x) = a·lrelu(x): the gain of √2 has gone into the demodulation, and goes into the rest here
        drawn = self.noise(x, noise)
        if drawn is not None:
            x = torch.addcmul(x, drawn, self.noise_strength * gain)
        return F.leaky_relu(x + (self.bias * gain)[:, None, None], SLOPE, inplace=True)


class ToRGB(nn.Module):
    """Feature maps to colours: a modulated 1×1 convolution without demodulation, noise or activation."""

    def __init__(self, in_channels: int, image_channels: int, w_dim: int) -> None:
        super().__init__()
        self.style = EqualizedLinear(w_dim, in_channels, bias=1.0)
        self.weight = nn.Parameter(torch.randn(image_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(image_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map (B, C, H, W), (B, w_dim) to (B, image_channels, H, W)."""
        # without demodulation nothing undoes the weights' size, so 1/√in stands here
        styles = self.style(w) / math.sqrt(self.weight.shape[1])
        return modulated_conv2d(x, self.weight, styles, demodulate=False) + self.bias[:, None, None]
