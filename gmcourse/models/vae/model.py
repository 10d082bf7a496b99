"""The variational autoencoder of Kingma & Welling 2014 (arXiv:1312.6114).

A latent z is drawn from the prior p(z) = N(0, I) and decoded to p_θ(x|z). The posterior p_θ(z|x) has no
closed form; the encoder's q_φ(z|x) = N(μ_φ(x), diag σ_φ²(x)) stands in for it.

Every quantity is a sum over dimensions and has shape (B,), in nats; the mean over a batch is the caller's.

Differs from the paper: SiLU for tanh, Adam for Adagrad, and a choice of likelihoods for the decoder.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.metrics.divergence import kl_to_standard_normal
from gmcourse.metrics.likelihood import log_mean_exp
from gmcourse.models.vae.likelihoods import LIKELIHOODS, Likelihood
from gmcourse.nn.networks import image_pair
from gmcourse.processes import normal_noise


def reparameterise(mean: Tensor, log_var: Tensor, noise: Tensor | None = None) -> Tensor:
    """Compute z = μ + σ ⊙ ε with ε ~ N(0, I): a sample through which gradients reach μ and σ (section 2.4).

    Mean and log-variance are (..., D). Noise is drawn anew by default; with a leading dimension, (K, ..., D), it
    gives several samples.
    """
    noise = normal_noise(mean) if noise is None else noise
    return mean + (0.5 * log_var).exp() * noise


def latents(mean: Tensor, log_var: Tensor, noise: Tensor | None, *more: int, name: str = "noise") -> Tensor:
    """Call `reparameterise` with noise of exactly the right shape, (*more, *mean.shape): nothing broadcasts."""
    if noise is not None:
        expect.tensor(name, noise, " ".join(map(str, (*more, *mean.shape))), finite=False)
    return reparameterise(mean, log_var, noise)


def log_normal(z: Tensor, mean: Tensor | float = 0.0, log_var: Tensor | float = 0.0) -> Tensor:
    """Compute log N(z; μ, diag σ²) in nats, summed over the last dimension: (..., D) → (...).

    μ and log σ² are numbers or tensors that broadcast with z.
    """
    log_var = torch.as_tensor(log_var, dtype=z.dtype, device=z.device)
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp()).sum(-1)


class VAE(nn.Module):
    """Encoder, decoder, and the bounds on log p_θ(x).

    `likelihood` says what p_θ(x|z) is, see `gmcourse.models.vae.likelihoods`; only the discretised one needs to know
    the number of grey levels. `hidden` has the layers' widths ("mlp") or the first number of channels ("conv").
    """

    @expect.door(shape="3: >= 1", latent_dim=">= 1", hidden=">= 1", grey_levels=">= 2")
    def __init__(
        self,
        shape: Sequence[int],
        latent_dim: int,
        *,
        likelihood: Literal["bernoulli", "gaussian", "discretised_logistic"] = "bernoulli",
        network: Literal["mlp", "conv"] = "mlp",
        hidden: Sequence[int] = (256, 256),
        grey_levels: int = 256,
    ) -> None:
        super().__init__()
        self.shape, self.latent_dim = tuple(shape), latent_dim
        self.likelihood: Likelihood = LIKELIHOODS[likelihood](grey_levels)
        self.encoder, self.decoder = image_pair(network, shape, hidden, 2 * latent_dim, latent_dim)

    @expect.one_dtype
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute mean μ_φ(x) and log-variance log σ_φ²(x) of q_φ(z|x), both (B, latent_dim), for x in [0, 1]."""
        expect.tensor("x", x, expect.batch_of(self.shape), within=(0, 1))
        return self._encode(x)

    def _encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var

    @expect.one_dtype
    def decode(self, z: Tensor) -> Tensor:
        """Compute the mean of p_θ(x|z), images (B, C, H, W) in [0, 1], for latents (B, latent_dim)."""
        expect.tensor("z", z, f"B {self.latent_dim}")
        return self.likelihood.mean(self._decode(z))

    def _decode(self, z: Tensor) -> Tensor:
        expect.tensor("z", z, f"B {self.latent_dim}", finite=False)
        return self.decoder(z)

    @expect.one_dtype
    def reconstruction(self, x: Tensor, z: Tensor) -> Tensor:
        """Compute log p_θ(x|z) in nats, shape (B,)."""
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        out = self._decode(z)
        expect.same_shape(x=x, z=out)
        return self.likelihood.log_prob(x, out)

    def kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """Compute KL(q_φ(z|x) ‖ p(z)) in nats, shape (B,), in closed form (appendix B)."""
        return kl_to_standard_normal(mean, log_var)

    @expect.door(noise="B D")
    def elbo(self, x: Tensor, *, beta: float = 1.0, noise: Tensor | None = None) -> Tensor:
        """Compute E_q[log p_θ(x|z)] − β KL(q_φ(z|x) ‖ p(z)), one sample of z, in nats, shape (B,).

        Eq. 3 of the paper, estimated as in its eq. 7. With β = 1 it is a lower bound of log p_θ(x); other
        values weigh the two terms differently (Higgins et al. 2017) and bound nothing for β < 1. The noise is ε.
        """
        mean, log_var = self.encode(x)
        z = latents(mean, log_var, noise)
        return self.reconstruction(x, z) - beta * self.kl(mean, log_var)

    def loss(self, x: Tensor, *, beta: float = 1.0, noise: Tensor | None = None) -> dict[str, Tensor]:
        """Compute what training minimises: the mean negative ELBO in nats, with its two parts for the record.

        Arguments as in `elbo`, but no value of x is looked at: a GPU would have to wait for it.
        """
        mean, log_var = self._encode(x)
        reconstruction = self.reconstruction(x, latents(mean, log_var, noise)).mean()
        kl = self.kl(mean, log_var).mean()
        return {"loss": beta * kl - reconstruction, "reconstruction": reconstruction, "kl": kl}

    @expect.door(k=">= 1", noise="k B D")
    def log_weights(self, x: Tensor, k: int, noise: Tensor | None = None) -> Tensor:
        """Compute log p_θ(x, z_i) − log q_φ(z_i|x) for k samples z_i of q_φ(z|x), in nats, shape (k, B).

        The noise is ε, (k, B, latent_dim).
        """
        expect.tensor("x", x, expect.batch_of(self.shape), within=(0, 1))
        return self._log_weights(x, k, noise)

    def _log_weights(self, x: Tensor, k: int, noise: Tensor | None) -> Tensor:
        mean, log_var = self._encode(x)
        if noise is None:  # each row's k draws belong to its sample, also with several processes
            noise = normal_noise(mean[:, None].expand(-1, k, -1)).transpose(0, 1)
        z = latents(mean, log_var, noise, k)
        # one decoder call for all k samples
        repeated = x.expand(k, *x.shape).reshape(-1, *self.shape)
        reconstruction = self.reconstruction(repeated, z.flatten(0, 1)).reshape(k, len(x))
        return reconstruction + log_normal(z) - log_normal(z, mean, log_var)

    @expect.door(k=">= 1", noise="k B D; unseen")
    def importance_loss(self, x: Tensor, k: int, *, noise: Tensor | None = None) -> dict[str, Tensor]:
        """Compute what an IWAE minimises, the mean of −`importance_bound`, in nats. It encodes once, decodes k times.

        Differentiated as it stands it has the gradient of Burda et al. 2016, section 3: each sample's own, weighted
        by its share of the k weights. k = 1 is `loss` with its KL by Monte Carlo. No value of x is looked at.
        Arguments as in `log_weights`.
        """
        return {"loss": -log_mean_exp(self._log_weights(x, k, noise), dim=0).mean()}

    def importance_bound(self, x: Tensor, k: int, noise: Tensor | None = None) -> Tensor:
        """Compute log (1/k) Σ_i p_θ(x, z_i)/q_φ(z_i|x), a lower bound of log p_θ(x) that tightens with k.

        Burda et al. 2016 (arXiv:1509.00519), section 3. k = 1 is the ELBO, with its KL by Monte Carlo.
        Arguments as in `log_weights`; nats, shape (B,).
        """
        return log_mean_exp(self.log_weights(x, k, noise), dim=0)

    @torch.no_grad()
    @expect.door(n=">= 1", temperature=">= 0")
    def sample(self, n: int, *, temperature: float = 1.0) -> Tensor:
        """Means of p_θ(x|z) for n latents z ~ N(0, temperature² I), (n, C, H, W) in [0, 1].

        Pictures in papers are these means. A draw from p_θ(x) would add the likelihood's noise.
        """
        like = next(self.parameters())
        noise = torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)
        return self.decode(temperature * noise)
