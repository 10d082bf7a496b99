"""The autoencoder: an image through a narrow code and back (Hinton & Salakhutdinov 2006).

It says where an image goes, not how likely it is: no density is imposed on the codes, so there is nothing
right to draw them from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from gmcourse.models.autoencoder.denoising import add_noise
from gmcourse.nn.networks import Shaped, conv_decoder, conv_encoder, mlp


class Autoencoder(nn.Module):
    """Encoder x → z and decoder z → x̂, both deterministic.

    Differs from the paper: both halves are trained together from the start, without layer-wise pretraining.

    Args:
        shape: of one image (C, H, W).
        latent_dim: dimensions of the code.
        network: "mlp" or "conv".
        hidden: widths of the hidden layers ("mlp"), or the first number of channels ("conv").

    Raises:
        ValueError: a latent size below 1, or an unknown network.
    """

    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        *,
        network: Literal["mlp", "conv"] = "mlp",
        hidden: Sequence[int] = (256, 256),
    ) -> None:
        super().__init__()
        if latent_dim < 1:
            raise ValueError(f"latent_dim is {latent_dim}; expected at least 1")
        self.shape, self.latent_dim = tuple(shape), latent_dim
        channels, height, width = self.shape
        if network == "mlp":
            size = math.prod(self.shape)
            self.encoder: nn.Module = Shaped(mlp([size, *hidden, latent_dim]), [latent_dim])
            self.decoder: nn.Module = Shaped(mlp([latent_dim, *reversed(hidden), size]), self.shape)
        elif network == "conv":
            self.encoder = conv_encoder((channels, height, width), hidden[0], latent_dim)
            self.decoder = conv_decoder((channels, height, width), hidden[0], latent_dim)
        else:
            raise ValueError(f"network is {network!r}; expected 'mlp' or 'conv'")

    def encode(self, x: Tensor) -> Tensor:
        """Codes (B, latent_dim) of images (B, C, H, W); noisy ones may leave [0, 1].

        Raises:
            ValueError: another shape, or whole numbers.
        """
        if x.ndim != 4 or tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"got shape {tuple(x.shape)}; expected (B, {', '.join(map(str, self.shape))})")
        if not x.is_floating_point():
            raise ValueError(f"got dtype {x.dtype}; expected floating point in [0, 1]: use Images.unit()")
        out: Tensor = self.encoder(x)
        return out

    def decode(self, z: Tensor) -> Tensor:
        """Images (B, C, H, W) in [0, 1] from codes (B, latent_dim).

        Raises:
            ValueError: codes of another shape.
        """
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"got codes of shape {tuple(z.shape)}; expected (B, {self.latent_dim})")
        out: Tensor = self.decoder(z)
        return out.sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction x̂, (B, C, H, W) in [0, 1]."""
        return self.decode(self.encode(x))

    def squared_error(self, x: Tensor, sigma: float = 0.0, noise: Tensor | None = None) -> Tensor:
        """‖x − x̂‖², summed over channels and pixels, shape (B,).

        Args:
            x: images (B, C, H, W) in [0, 1].
            sigma: of the noise that is added to what the encoder sees, but not to the target: above zero
                this is a denoising autoencoder (Vincent et al. 2008).
            noise: of x's shape; by default drawn anew.

        Raises:
            ValueError: targets outside [0, 1], which the decoder cannot reach.
        """
        low, high = x.aminmax()
        if low < 0 or high > 1:
            raise ValueError(f"pixels are in [{low:.3g}, {high:.3g}]; expected [0, 1]")
        seen = add_noise(x, sigma, noise) if sigma else x
        return (x - self(seen)).square().flatten(1).sum(1)

    def loss(self, x: Tensor, *, sigma: float = 0.0) -> dict[str, Tensor]:
        """What training minimises: the mean squared error of a batch, summed over an image's pixels."""
        return {"loss": self.squared_error(x, sigma).mean()}
