"""What the layers of StyleGAN and of StyleGAN2 share: a style, a 3×3 convolution's weights, a bias, and noise."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from gmcourse.nn.equalized import EqualizedLinear
from gmcourse.nn.resample import fir_kernel


class SynthesisLayer(nn.Module):
    """The parts of one layer of the synthesis network; a subclass says in which order they act.

    The resolution is the side of the *output*; with `up` the layer doubles the side.
    """

    style_bias: ClassVar[float]  # what the styles are at first, but for the part that w gives
    kernel: Tensor
    fixed_noise: Tensor

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, resolution: int, *, up: bool) -> None:
        super().__init__()
        styles, noise_strengths = self.sizes(in_channels, out_channels)
        self.style = EqualizedLinear(w_dim, styles, bias=self.style_bias)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(noise_strengths))
        self.register_buffer("fixed_noise", torch.randn(resolution, resolution))
        self.register_buffer("kernel", fir_kernel(), persistent=False)
        self.up, self.resolution = up, resolution

    @staticmethod
    @abstractmethod
    def sizes(in_channels: int, out_channels: int) -> tuple[int, tuple[int, ...]]:
        """How many numbers the affine map of w gives, and the shape of the noise's strength, which starts at 0."""

    def noise(self, x: Tensor, kind: str) -> Tensor | None:
        """One picture of noise for all channels: "random" draws (B, 1, R, R), "fixed" is (R, R), "none" None."""
        if kind == "random":
            return torch.randn(len(x), 1, self.resolution, self.resolution, dtype=x.dtype, device=x.device)
        return self.fixed_noise if kind == "fixed" else None
