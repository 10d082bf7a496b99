"""The variational autoencoder of Kingma & Welling 2014 (arXiv:1312.6114).

A latent z is drawn from the prior p(z) = N(0, I) and decoded to p_θ(x|z). The posterior p_θ(z|x) has no
closed form; the encoder's q_φ(z|x) = N(μ_φ(x), diag σ_φ²(x)) stands in for it.

Every quantity is a sum over dimensions and has shape (B,), in nats; the mean over a batch is the caller's.

Differs from the paper: SiLU for tanh, Adam for Adagrad, and a choice of likelihoods for the decoder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gmcourse.metrics.divergence import kl_to_standard_normal
from gmcourse.metrics.likelihood import log_mean_exp
from gmcourse.models.vae.likelihoods import LIKELIHOODS, Likelihood
from gmcourse.nn.networks import Shaped, conv_decoder, conv_encoder, mlp
from gmcourse.processes import normal_noise


def reparameterise(mean: Tensor, log_var: Tensor, noise: Tensor | None = None) -> Tensor:
    """z = μ + σ ⊙ ε with ε ~ N(0, I): a sample through which gradients reach μ and σ (section 2.4).

    Args:
        mean: μ, shape (..., D).
        log_var: log σ², shape (..., D).
        noise: ε; by default drawn anew. A leading dimension gives several samples: (K, ..., D).
    """
    noise = normal_noise(mean) if noise is None else noise
    return mean + (0.5 * log_var).exp() * noise


def log_normal(z: Tensor, mean: Tensor | float = 0.0, log_var: Tensor | float = 0.0) -> Tensor:
    """log N(z; μ, diag σ²) in nats, summed over the last dimension: (..., D) → (...).

    Args:
        z: (..., D).
        mean: μ, a number or a tensor that broadcasts with z.
        log_var: log σ², likewise.
    """
    log_var = torch.as_tensor(log_var, dtype=z.dtype, device=z.device)
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp()).sum(-1)


class VAE(nn.Module):
    """Encoder, decoder, and the bounds on log p_θ(x).

    Args:
        shape: of one image (C, H, W).
        latent_dim: dimensions of z.
        likelihood: what p_θ(x|z) is: "bernoulli", "gaussian" or "discretised_logistic";
            see `gmcourse.models.vae.likelihoods` for the range of x that each expects.
        network: "mlp" or "conv".
        hidden: widths of the hidden layers ("mlp"), or the first number of channels ("conv").
        levels: grey levels of the pixels (only the discretised likelihood needs them).

    Raises:
        ValueError: a latent size below 1, an unknown likelihood or network.
    """

    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        *,
        likelihood: Literal["bernoulli", "gaussian", "discretised_logistic"] = "bernoulli",
        network: Literal["mlp", "conv"] = "mlp",
        hidden: Sequence[int] = (256, 256),
        levels: int = 256,
    ) -> None:
        super().__init__()
        if latent_dim < 1:
            raise ValueError(f"latent_dim is {latent_dim}; expected at least 1")
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"likelihood is {likelihood!r}; expected one of {', '.join(LIKELIHOODS)}")
        self.shape, self.latent_dim = tuple(shape), latent_dim
        self.likelihood: Likelihood = LIKELIHOODS[likelihood](levels)
        channels, height, width = self.shape
        if network == "mlp":
            size = math.prod(self.shape)
            self.encoder: nn.Module = Shaped(mlp([size, *hidden, 2 * latent_dim]), [2 * latent_dim])
            self.decoder: nn.Module = Shaped(mlp([latent_dim, *reversed(hidden), size]), self.shape)
        elif network == "conv":
            self.encoder = conv_encoder((channels, height, width), hidden[0], 2 * latent_dim)
            self.decoder = conv_decoder((channels, height, width), hidden[0], latent_dim)
        else:
            raise ValueError(f"network is {network!r}; expected 'mlp' or 'conv'")

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean μ_φ(x) and log-variance log σ_φ²(x) of q_φ(z|x), both (B, latent_dim).

        Args:
            x: images (B, C, H, W) in [0, 1].

        Raises:
            ValueError: another shape, whole-number pixels, or values outside [0, 1].
        """
        self._check(x)
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var

    def _check(self, x: Tensor) -> None:
        if x.ndim != 4 or tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"got shape {tuple(x.shape)}; expected (B, {', '.join(map(str, self.shape))})")
        if not x.is_floating_point():
            raise ValueError(f"got dtype {x.dtype}; expected floating point in [0, 1]: use Images.unit()")
        low, high = x.aminmax()
        if low < 0 or high > 1:
            raise ValueError(f"pixels are in [{low:.3g}, {high:.3g}]; expected [0, 1]")

    def decode(self, z: Tensor) -> Tensor:
        """The mean of p_θ(x|z), images (B, C, H, W) in [0, 1].

        Args:
            z: latents (B, latent_dim).
        """
        return self.likelihood.mean(self._decode(z))

    def _decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"got latents of shape {tuple(z.shape)}; expected (B, {self.latent_dim})")
        out: Tensor = self.decoder(z)
        return out

    def reconstruction(self, x: Tensor, z: Tensor) -> Tensor:
        """log p_θ(x|z) in nats, shape (B,)."""
        return self.likelihood.log_prob(x, self._decode(z))

    def kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """KL(q_φ(z|x) ‖ p(z)) in nats, shape (B,), in closed form (appendix B)."""
        return kl_to_standard_normal(mean, log_var)

    def elbo(self, x: Tensor, *, beta: float = 1.0, noise: Tensor | None = None) -> Tensor:
        """E_q[log p_θ(x|z)] − β KL(q_φ(z|x) ‖ p(z)), one sample of z, in nats, shape (B,).

        Eq. 3 of the paper, estimated as in its eq. 7. With β = 1 it is a lower bound of log p_θ(x); other
        values weigh the two terms differently (Higgins et al. 2017) and bound nothing for β < 1.

        Args:
            x: images (B, C, H, W) in [0, 1].
            beta: weight of the KL.
            noise: ε, shape (B, latent_dim); by default drawn anew.
        """
        mean, log_var = self.encode(x)
        return self.reconstruction(x, reparameterise(mean, log_var, noise)) - beta * self.kl(mean, log_var)

    def loss(self, x: Tensor, *, beta: float = 1.0, noise: Tensor | None = None) -> dict[str, Tensor]:
        """What training minimises: the mean negative ELBO in nats, with its two parts for the record.

        Args:
            x: images (B, C, H, W) in [0, 1].
            beta: weight of the KL.
            noise: ε, shape (B, latent_dim); by default drawn anew.
        """
        mean, log_var = self.encode(x)
        reconstruction = self.reconstruction(x, reparameterise(mean, log_var, noise)).mean()
        kl = self.kl(mean, log_var).mean()
        return {"loss": beta * kl - reconstruction, "reconstruction": reconstruction, "kl": kl}

    def log_weights(self, x: Tensor, k: int, noise: Tensor | None = None) -> Tensor:
        """log p_θ(x, z_i) − log q_φ(z_i|x) for k samples z_i of q_φ(z|x), in nats, shape (k, B).

        Args:
            x: images (B, C, H, W) in [0, 1].
            k: samples.
            noise: ε, shape (k, B, latent_dim); by default drawn anew.

        Raises:
            ValueError: k below 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}; expected at least 1")
        mean, log_var = self.encode(x)
        noise = torch.randn(k, *mean.shape, device=x.device, dtype=x.dtype) if noise is None else noise
        z = reparameterise(mean, log_var, noise)
        # one decoder call for all k samples
        repeated = x.expand(k, *x.shape).reshape(-1, *self.shape)
        reconstruction = self.reconstruction(repeated, z.flatten(0, 1)).reshape(k, len(x))
        return reconstruction + log_normal(z) - log_normal(z, mean, log_var)

    def importance_bound(self, x: Tensor, k: int, noise: Tensor | None = None) -> Tensor:
        """log (1/k) Σ_i p_θ(x, z_i)/q_φ(z_i|x), a lower bound of log p_θ(x) that tightens with k.

        Burda et al. 2016 (arXiv:1509.00519), eq. 8. k = 1 is the ELBO, with its KL by Monte Carlo.

        Args:
            x: images (B, C, H, W) in [0, 1].
            k: samples.
            noise: ε, shape (k, B, latent_dim); by default drawn anew.

        Returns:
            Nats, shape (B,).
        """
        return log_mean_exp(self.log_weights(x, k, noise), dim=0)

    @torch.no_grad()
    def sample(self, n: int, *, temperature: float = 1.0) -> Tensor:
        """Means of p_θ(x|z) for n latents z ~ N(0, temperature² I), (n, C, H, W) in [0, 1].

        Pictures in papers are these means. A draw from p_θ(x) would add the likelihood's noise.
        """
        device = next(self.parameters()).device
        return self.decode(temperature * torch.randn(n, self.latent_dim, device=device))


@torch.no_grad()
def active_units(means: Tensor, threshold: float = 0.01) -> Tensor:
    """Which latents the data moves: variance of μ_φ(x) over data above the threshold, (N, D) → (D,) bool.

    Burda et al. 2016, section 5.2.

    Raises:
        ValueError: another shape, or fewer than two means.
    """
    if means.ndim != 2 or len(means) < 2:
        raise ValueError(f"got shape {tuple(means.shape)}; expected encoder means (N, D) with N ≥ 2")
    return means.var(0) > threshold
