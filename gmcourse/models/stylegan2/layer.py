"""What the layers of StyleGAN and of StyleGAN2 share: a style, a 3×3 convolution's weights, a bias, and noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gmcourse.nn.equalized import EqualizedLinear
from gmcourse.nn.resample import fir_kernel


class SynthesisLayer(nn.Module):
    """The parts of one layer of the synthesis network; a subclass says in which order they act.

    Args:
        in_channels: I.
        out_channels: O.
        w_dim: width of w.
        resolution: side of the *output*.
        up: whether the layer doubles the side.
        styles: how many numbers the affine map of w gives.
        style_bias: what they are at first, but for the part that w gives.
        noise_strengths: shape of the learned strength of the noise, which starts at 0.
    """

    kernel: Tensor
    fixed_noise: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        *,
        up: bool,
        styles: int,
        style_bias: float,
        noise_strengths: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.style = EqualizedLinear(w_dim, styles, bias=style_bias)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(noise_strengths))
        self.register_buffer("fixed_noise", torch.randn(resolution, resolution))
        self.register_buffer("kernel", fir_kernel(), persistent=False)
        self.up, self.resolution = up, resolution

    def noise(self, x: Tensor, kind: str) -> Tensor | None:
        """One picture of noise for all channels: "random" draws (B, 1, R, R), "fixed" is (R, R), "none" None."""
        if kind == "random":
            return torch.randn(len(x), 1, self.resolution, self.resolution, dtype=x.dtype, device=x.device)
        return self.fixed_noise if kind == "fixed" else None
