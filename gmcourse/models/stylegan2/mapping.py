"""The mapping network: from the latent z, whose distribution is given, to w, whose distribution is learned."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from gmcourse.nn.equalized import EqualizedLinear


def normalize_second_moment(z: Tensor, eps: float = 1e-8) -> Tensor:
    """z / √(mean(z²) + ε) over the last axis: the direction of z counts, its length does not."""
    return z * (z.square().mean(-1, keepdim=True) + eps).rsqrt()


class Mapping(nn.Module):
    """z → w: eight linear layers with leaky ReLU that learn at a hundredth of the rate (StyleGAN, section 2).

    It keeps the moving average of w, towards which `truncate` pulls; in training mode every forward pass moves
    it.

    Args:
        z_dim: width of z.
        w_dim: width of w.
        n_layers: at least 1.
        lr_multiplier: of the layers.
        decay: of the moving average of w.

    Raises:
        ValueError: a width or a number of layers below 1.
    """

    w_mean: Tensor

    def __init__(
        self,
        z_dim: int = 512,
        w_dim: int = 512,
        *,
        n_layers: int = 8,
        lr_multiplier: float = 0.01,
        decay: float = 0.995,
    ) -> None:
        super().__init__()
        if min(z_dim, w_dim, n_layers) < 1:
            raise ValueError(
                f"z_dim is {z_dim}, w_dim {w_dim}, n_layers {n_layers}; expected each to be at least 1"
            )
        self.z_dim, self.w_dim, self.decay = z_dim, w_dim, decay
        widths = [z_dim] + [w_dim] * n_layers
        self.layers = nn.Sequential(
            *(
                EqualizedLinear(before, after, activation="lrelu", lr_multiplier=lr_multiplier)
                for before, after in itertools.pairwise(widths)
            )
        )
        self.register_buffer("w_mean", torch.zeros(w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """(B, z_dim) → (B, w_dim).

        Raises:
            ValueError: z of another shape, or not finite.
        """
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}; expected (B, {self.z_dim})")
        w: Tensor = self.layers(normalize_second_moment(z))
        if self.training:
            with torch.no_grad():
                self.w_mean.lerp_(w.detach().mean(0), 1 - self.decay)
        return w

    def truncate(self, w: Tensor, truncation: float) -> Tensor:
        """w̄ + ψ (w − w̄): closer to the average picture for ψ < 1 (StyleGAN, appendix B).

        Raises:
            ValueError: ψ is not finite.
        """
        if not math.isfinite(truncation):
            raise ValueError(f"truncation is {truncation}; expected a finite number, usually in [0, 1]")
        return torch.lerp(self.w_mean, w, truncation)
