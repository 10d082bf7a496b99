"""Layers with an equalised learning rate: weights are drawn from N(0, 1) and scaled when they are used.

Adam moves every weight by about the learning rate, whatever the gradient's size. A layer whose weights are
small by initialisation (many inputs) would change faster, relative to them, than one with few inputs. Here all
stored weights have the same size, and the constant 1/√(inputs) stands in the forward pass (Karras et al. 2018,
arXiv:1710.10196, section 4.1).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.resample import downsampled_conv, fir_kernel
from gmcourse.nn.winograd import same_conv

SLOPE = 0.2
# each activation with the gain that gives back the variance it takes away
GAINS = {"linear": 1.0, "lrelu": math.sqrt(2)}


class EqualizedLinear(nn.Module):
    """activation(x Wᵀ · s/√in + b · s) with weights stored as N(0, 1)/s; s is the learning-rate multiplier.

    The layer learns s times as fast (0.01 in StyleGAN's mapping network); `bias` is what every bias is at first.
    """

    @expect.door(in_features=">= 1", out_features=">= 1", activation="linear|lrelu", lr_multiplier="> 0")
    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activation: str = "linear",
        bias: float = 0.0,
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias / lr_multiplier))
        self.activation, self.lr_multiplier = activation, lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, in) to (B, out)."""
        gain = self.lr_multiplier / math.sqrt(self.weight.shape[1])
        x = F.linear(x, self.weight * gain, self.bias * self.lr_multiplier)
        return x if self.activation == "linear" else F.leaky_relu(x, SLOPE) * GAINS["lrelu"]


class EqualizedConv2d(nn.Module):
    """A convolution with weights stored as N(0, 1) and used as N(0, 1/(in·k²)), "same" size or half of it.

    The size k is odd; `down` halves the picture, behind the filter [1, 3, 3, 1]; `gain` comes on top of the
    activation's.
    """

    kernel: Tensor

    @expect.door(in_channels=">= 1", out_channels=">= 1", size=">= 1", activation="linear|lrelu")
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        down: bool = False,
        activation: str = "lrelu",
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        if size % 2 == 0:
            expect.refuse("size", size, "an odd number, so that a pixel is in the middle")
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, size, size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.down, self.activation, self.gain = down, activation, gain
        self.register_buffer("kernel", fir_kernel(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, C, H, W) to (B, O, H, W), or to half the size."""
        _, inputs, size, _ = self.weight.shape
        # lrelu(a·x) = a·lrelu(x) for a > 0: the gain goes to the small weight, not over the large picture
        gain = GAINS[self.activation] * self.gain
        weight = self.weight * (gain / (size * math.sqrt(inputs)))
        bias = None if self.bias is None else self.bias * gain
        x = downsampled_conv(x, weight, self.kernel, bias) if self.down else same_conv(x, weight, bias)
        return x if self.activation == "linear" else F.leaky_relu(x, SLOPE, inplace=True)
