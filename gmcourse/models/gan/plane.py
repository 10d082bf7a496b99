"""A GAN of the plane, whose game can be watched from above."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.networks import mlp

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}


class FromNoise(nn.Module):
    """A generator whose latents z ~ N(0, I) have the width `latent_dim`; a subclass says what it makes of them."""

    latent_dim: int

    @expect.door(n=">= 1")
    def latent(self, n: int) -> Tensor:
        """Draw n latents from the prior, (n, latent_dim)."""
        weight: Tensor = next(self.parameters())
        return torch.randn(n, self.latent_dim, device=weight.device, dtype=weight.dtype)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Draw n samples: `forward` of latents from the prior."""
        return self(self.latent(n))

    def _check(self, z: Tensor) -> None:
        expect.tensor("z", z, f"B {self.latent_dim}", finite=False)


class PlaneGenerator(FromNoise):
    """Noise z ~ N(0, I) → points of the plane."""

    @expect.door(latent_dim=">= 1", hidden=">= 1 empty", activation="|".join(ACTIVATIONS))
    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (128, 128), activation: str = "relu") -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.network = mlp([latent_dim, *hidden, 2], ACTIVATIONS[activation])

    @expect.one_dtype
    def forward(self, z: Tensor) -> Tensor:
        """Map latents (B, latent_dim) to points (B, 2)."""
        self._check(z)
        return self.network(z)


class PlaneDiscriminator(nn.Module):
    """Points of the plane → logits; D = σ(logit) is how sure it is that a point is data.

    Points are divided by `input_scale` first, so that the data has about unit size.
    """

    @expect.door(hidden=">= 1 empty", input_scale="> 0", activation="|".join(ACTIVATIONS))
    def __init__(
        self, hidden: Sequence[int] = (128, 128), input_scale: float = 1.0, activation: str = "relu"
    ) -> None:
        super().__init__()
        self.input_scale = input_scale
        self.network = mlp([2, *hidden, 1], ACTIVATIONS[activation])

    @expect.door(x="B 2; unseen")
    def forward(self, x: Tensor) -> Tensor:
        """Map points (B, 2) to logits (B, 1)."""
        return self.network(x / self.input_scale)
