"""A GAN of the plane: two small networks whose game can be watched from above."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse.nn.networks import mlp


class PlaneGenerator(nn.Module):
    """Noise z ~ N(0, I) → points of the plane.

    Args:
        latent_dim: width of z.
        hidden: widths of the hidden layers.
        activation: "relu" or "silu".
    """

    def __init__(
        self, latent_dim: int = 2, hidden: Sequence[int] = (128, 128), activation: str = "relu"
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.network = mlp([latent_dim, *hidden, 2], _activation(activation))

    def latent(self, n: int) -> Tensor:
        """n latents from the prior, (n, latent_dim)."""
        weight: Tensor = next(self.parameters())
        return torch.randn(n, self.latent_dim, device=weight.device, dtype=weight.dtype)

    def forward(self, z: Tensor) -> Tensor:
        """(B, latent_dim) → (B, 2).

        Raises:
            ValueError: latents of another width.
        """
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}; expected (B, {self.latent_dim})")
        points: Tensor = self.network(z)
        return points

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """n points, (n, 2)."""
        return self(self.latent(n))


class PlaneDiscriminator(nn.Module):
    """Points of the plane → logits; D = σ(logit) is how sure it is that a point is data.

    Args:
        hidden: widths of the hidden layers.
        scale: points are divided by it first, so that the data has about unit size.
        activation: "relu" or "silu".

    Raises:
        ValueError: a scale that is not positive, or an unknown activation.
    """

    def __init__(
        self, hidden: Sequence[int] = (128, 128), scale: float = 1.0, activation: str = "relu"
    ) -> None:
        super().__init__()
        if not scale > 0:
            raise ValueError(f"scale is {scale}; expected a positive number")
        self.scale = scale
        self.network = mlp([2, *hidden, 1], _activation(activation))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 2) → logits (B, 1).

        Raises:
            ValueError: points of another shape.
        """
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"x has shape {tuple(x.shape)}; expected points (B, 2)")
        logits: Tensor = self.network(x / self.scale)
        return logits


def _activation(name: str) -> type[nn.Module]:
    known: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}
    if name not in known:
        raise ValueError(f"activation is {name!r}; expected one of {', '.join(known)}")
    return known[name]
