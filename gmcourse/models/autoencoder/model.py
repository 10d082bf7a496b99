"""The autoencoder: an image through a narrow code and back (Hinton & Salakhutdinov 2006), without a density."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.networks import image_pair


@expect.door(x="…; unseen", sigma=">= 0", noise="…; unseen")
def add_noise(x: Tensor, sigma: float, noise: Tensor | None = None) -> Tensor:
    """x + σ ε with ε ~ N(0, I), not cut to [0, 1]: cutting would tell the network where the edges are."""
    return x + sigma * (torch.randn_like(x) if noise is None else noise)


class Autoencoder(nn.Module):
    """Encoder x → z and decoder z → x̂, both deterministic.

    Differs from the paper: both halves are trained together from the start, without layer-wise pretraining. `hidden`
    has the widths of the hidden layers ("mlp"), or the first number of channels ("conv").
    """

    @expect.door(shape="3: >= 1", latent_dim=">= 1", hidden=">= 1")
    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        *,
        network: Literal["mlp", "conv"] = "mlp",
        hidden: Sequence[int] = (256, 256),
    ) -> None:
        super().__init__()
        self.shape, self.latent_dim = tuple(shape), latent_dim
        self.encoder, self.decoder = image_pair(network, shape, hidden, latent_dim, latent_dim)

    @expect.one_dtype
    def encode(self, x: Tensor) -> Tensor:
        """Codes (B, latent_dim) of images (B, C, H, W); noisy ones may leave [0, 1]."""
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        return self.encoder(x)

    @expect.one_dtype
    def decode(self, z: Tensor) -> Tensor:
        """Compute images (B, C, H, W) in [0, 1] from codes (B, latent_dim)."""
        expect.tensor("z", z, f"B {self.latent_dim}", finite=False)
        return self.decoder(z).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Reconstruct images x: x̂, (B, C, H, W) in [0, 1]."""
        return self.decode(self.encode(x))

    @expect.door(x="B C H W; >= 0 <= 1", sigma=">= 0", noise="B C H W")
    def squared_error(self, x: Tensor, sigma: float = 0.0, noise: Tensor | None = None) -> Tensor:
        """Compute ‖x − x̂‖² summed to (B,), with noise in the input alone: denoising (Vincent et al. 2008)."""
        return self._squared_error(x, sigma, noise)

    def _squared_error(self, x: Tensor, sigma: float, noise: Tensor | None = None) -> Tensor:
        seen = add_noise(x, sigma, noise) if sigma else x
        return (x - self(seen)).square().flatten(1).sum(1)

    def loss(self, x: Tensor, *, sigma: float = 0.0) -> dict[str, Tensor]:
        """Compute what training minimises: the mean squared error of a batch, summed over an image's pixels."""
        return {"loss": self._squared_error(x, sigma).mean()}
