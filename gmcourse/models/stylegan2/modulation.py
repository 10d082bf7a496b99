"""The layers of the synthesis network: modulated convolutions (StyleGAN2, section 2.2), and AdaIN before them."""

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.equalized import GAINS, SLOPE, EqualizedLinear
from gmcourse.nn.resample import fir_kernel, upsampled_conv
from gmcourse.nn.winograd import same_conv


class SynthesisLayer(nn.Module):
    """The parts of one layer of the synthesis network; a subclass says in which order they act.

    The resolution is the side of the output; with `up` the layer doubles the side. A style that acts on what comes
    out has a scale (as 1 + s) and a shift for every map, and each map has its own strength of the noise; one that
    acts on what comes in has a scale alone, which begins at 1, and the noise one strength. Strengths begin at 0.
    """

    of_output: ClassVar[bool]
    kernel: Tensor
    fixed_noise: Tensor

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, resolution: int, *, up: bool) -> None:
        super().__init__()
        styles = 2 * out_channels if self.of_output else in_channels
        self.style = EqualizedLinear(w_dim, styles, bias=0.0 if self.of_output else 1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros((out_channels,) if self.of_output else ()))
        self.register_buffer("fixed_noise", torch.randn(resolution, resolution))
        self.register_buffer("kernel", fir_kernel(), persistent=False)
        self.up, self.resolution = up, resolution

    def noisy(self, x: Tensor, kind: str, strength: Tensor) -> Tensor:
        """Add one picture of noise to all channels of x (B, O, R, R): "random", drawn anew, "fixed", or "none"."""
        if kind == "none":
            return x
        size = (len(x), 1, self.resolution, self.resolution)
        drawn = torch.randn(size, dtype=x.dtype, device=x.device) if kind == "random" else self.fixed_noise
        return torch.addcmul(x, drawn, strength)


EPS = 1e-8


@expect.door(weight="O I k k; unseen", styles="B I; unseen", eps=">= 0")
def demodulation(weight: Tensor, styles: Tensor, eps: float = EPS) -> Tensor:
    """Compute 1/√(Σ_{i,k} (s_i w_{oik})² + ε) for each picture and output channel: (B, O).

    That is one over the standard deviation that the outputs have if the inputs are independent with unit
    variance (StyleGAN2, eq. 2–3). Summing over k first leaves one small matrix product.
    """
    return (styles.square() @ weight.square().sum((2, 3)).T + eps).rsqrt()


@expect.door(x="B I H W; unseen", weight="O I k k; unseen", styles="B I; unseen", kernel="h w; unseen")
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
    convolution for the batch, where the paper's text suggests one group a picture. Same numbers, faster. Weights are
    (O, I, k, k), k odd, and styles s_i are (B, I). With a filter `kernel` the picture becomes twice as large; the
    gain of the output needs `demodulate`.
    """
    x = x * styles[:, :, None, None]
    x = same_conv(x, weight) if kernel is None else upsampled_conv(x, weight, kernel)
    return x * (demodulation(weight, styles) * gain)[:, :, None, None] if demodulate else x


class StyledConv(SynthesisLayer):
    """Style, modulated 3×3 convolution, noise, bias, leaky ReLU: one layer of the synthesis network.

    The style is an affine map of w. Noise comes after the demodulation, outside the style's reach (StyleGAN2,
    figure 2c).
    """

    of_output = False

    def forward(self, x: Tensor, w: Tensor, noise: str = "random") -> Tensor:
        """Map (B, I, h, h), (B, w_dim) to (B, O, resolution, resolution); noise "random", "fixed" or "none"."""
        gain = GAINS["lrelu"]
        kernel = self.kernel if self.up else None
        x = modulated_conv2d(x, self.weight, self.style(w), kernel=kernel, gain=gain)
        # lrelu(a·x) = a·lrelu(x): the gain of √2 has gone into the demodulation, and goes into the rest here
        x = self.noisy(x, noise, self.noise_strength * gain)
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


@expect.door(x="B C H W; unseen", scale="B C; unseen", shift="B C; unseen", eps=">= 0")
def adain(x: Tensor, scale: Tensor, shift: Tensor, eps: float = 1e-8) -> Tensor:
    """scale · (x − mean(x)) / std(x) + shift, with mean and std of each picture's each channel.

    Huang & Belongie 2017 (arXiv:1703.06868), eq. 8; Karras et al. 2019 (arXiv:1812.04948), eq. 1. Mean and
    (population) variance are taken over the pixels, so one bright spot makes all other pixels dark. Scale and shift,
    (B, C), are the style of x (B, C, H, W).
    """
    variance, mean = torch.var_mean(x, dim=(2, 3), keepdim=True, correction=0)
    gain = (variance + eps).rsqrt() * scale[:, :, None, None]
    # one multiplication and one addition over the picture: the mean goes into the shift
    return torch.addcmul(shift[:, :, None, None] - mean * gain, x, gain)


class AdaINConv(SynthesisLayer):
    """Convolution, noise, bias, leaky ReLU, AdaIN: the layer of StyleGAN, in the place of a `StyledConv`.

    Karras et al. 2019, figure 1b. The style comes last and gives mean and deviation of every feature map, whatever
    the convolution did.
    """

    of_output = True

    def forward(self, x: Tensor, w: Tensor, noise: str = "random") -> Tensor:
        """Map (B, I, h, h), (B, w_dim) to (B, O, resolution, resolution); noise "random", "fixed" or "none"."""
        weight = self.weight * (GAINS["lrelu"] / (3 * math.sqrt(self.weight.shape[1])))
        x = upsampled_conv(x, weight, self.kernel) if self.up else same_conv(x, weight)
        x = self.noisy(x, noise, self.noise_strength[:, None, None])
        x = F.leaky_relu(x + self.bias[:, None, None], SLOPE, inplace=True)
        scale, shift = self.style(w).chunk(2, 1)
        return adain(x, 1 + scale, shift)
