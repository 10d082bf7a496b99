"""From the latent z, whose distribution is given, to w, whose distribution is learned; truncated, and mixed."""

import itertools
from functools import partial

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.equalized import EqualizedLinear

DECAY = 0.995  # of the moving average of w


@expect.door(z="… D; unseen")
def normalize_second_moment(z: Tensor) -> Tensor:
    """z / √(mean(z²) + ε) over the last axis: the direction of z counts, its length does not."""
    return z * (z.square().mean(-1, keepdim=True) + 1e-8).rsqrt()


class Mapping(nn.Module):
    """z → w: eight linear layers with leaky ReLU that learn at a hundredth of the rate (StyleGAN, section 2).

    It keeps the moving average of w, towards which `truncate` pulls; in training mode every forward pass moves it.
    """

    w_mean: Tensor

    @expect.door(z_dim=">= 1", w_dim=">= 1", n_layers=">= 1")
    def __init__(self, z_dim: int = 512, w_dim: int = 512, *, n_layers: int = 8) -> None:
        super().__init__()
        self.z_dim, self.w_dim = z_dim, w_dim
        widths = [z_dim] + [w_dim] * n_layers
        layer = partial(EqualizedLinear, activation="lrelu", lr_multiplier=0.01)
        self.layers = nn.Sequential(*(layer(*pair) for pair in itertools.pairwise(widths)))
        self.register_buffer("w_mean", torch.zeros(w_dim))

    @expect.one_dtype
    def forward(self, z: Tensor) -> Tensor:
        """Map latents z (B, z_dim) to styles w (B, w_dim)."""
        expect.tensor("z", z, f"B {self.z_dim}", finite=False)
        w: Tensor = self.layers(normalize_second_moment(z))
        if self.training:
            with torch.no_grad():
                self.w_mean.lerp_(w.detach().mean(0).to(self.w_mean), 1 - DECAY)
        return w

    @expect.door(w="… D; unseen")
    def truncate(self, w: Tensor, truncation: float) -> Tensor:
        """Compute w̄ + ψ (w − w̄): closer to the average picture for ψ < 1 (StyleGAN, appendix B)."""
        return torch.lerp(self.w_mean, w, truncation)


@expect.door(ws="B L w_dim; unseen", other="B L w_dim; unseen", crossover=">= 0 <= L")
def mix(ws: Tensor, other: Tensor, crossover: int) -> Tensor:
    """Join the first `crossover` styles of `ws` and the rest of `other`: (B, L, w_dim).

    StyleGAN (arXiv:1812.04948), section 3.1. Styles 0–1 belong to 4×4, 1–3 to 8×8, 3–5 to 16×16, and so on. A
    crossover of L takes everything from `ws`.
    """
    return torch.cat([ws[:, :crossover], other[:, crossover:]], 1)
