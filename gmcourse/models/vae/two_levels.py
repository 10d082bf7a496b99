"""A VAE with two levels of latents, p_θ(z₂) p_θ(z₁|z₂) p_θ(x|z₁, z₂): a vector z₂ above a map z₁.

What z₂ says holds for the whole picture. The prior of the map is computed from z₂ and learned with the rest: the
map says, at its place, what z₂ left open. The prior of z₂ is a normal with a learned mean and variance for each
dimension: with N(0, I), it takes very long until the codes of all pictures have the mean and the variance that it
asks for.

Inference goes down the same path as generation (Sønderby et al. 2016, arXiv:1602.02282, section 2). A network reads
the picture from below, z₂ is drawn at the top, and q(z₁|z₂, x) corrects the prior by what was read half-way:

    p_θ(z₁|z₂) = N(μ, σ²),   q_φ(z₁|z₂, x) = N(μ + σ Δμ, σ² Δσ²),   Δμ and log Δσ² from x and z₂

(Vahdat & Kautz 2020, arXiv:2007.03898, section 3.2). So KL(q ‖ p) = ½ Σ (Δμ² + Δσ² − 1 − log Δσ²).

Differs from the papers: two levels, a learned p_θ(z₂), no batch normalisation, no KL warm-up. Sønderby et al. weigh
two means by their precisions instead of correcting one. Vahdat & Kautz shift by Δμ, which we measure in units of σ.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.metrics.divergence import kl_normal, kl_to_standard_normal
from gmcourse.metrics.likelihood import log_mean_exp
from gmcourse.models.vae.likelihoods import Gaussian
from gmcourse.models.vae.model import latents, log_normal
from gmcourse.nn.networks import conv_decoder, conv_encoder, halvings

Noise = tuple[Tensor, Tensor]  # ε of z₂, (B, D), and of z₁, (B, C, H, W)


class Inferred(NamedTuple):
    """One draw (z₂, z₁) of q for each picture."""

    out: Tensor  # what the decoder says of the picture: see `Gaussian`
    kl_top: Tensor  # KL(q(z₂|x) ‖ p_θ(z₂)) in nats, (B,)
    kl_map: Tensor  # KL(q(z₁|z₂, x) ‖ p_θ(z₁|z₂)) in nats, (B,)
    log_ratio: Tensor  # log p_θ(z₂) p_θ(z₁|z₂) − log q(z₂|x) q(z₁|z₂, x) in nats, (B,)


class TwoLevelVAE(nn.Module):
    """Encoder, decoder and bounds as in `VAE` with a Gaussian likelihood, and a prior of two levels.

    Images are (C, H, W), of sides that can be halved at least once with four pixels left. z₂ has `latent_dim`
    dimensions, and z₁ `map_channels` channels at twice the height and width of the encoder's smallest layer; `width`
    is the first number of channels.
    """

    @expect.door(shape="3: >= 1", latent_dim=">= 1", map_channels=">= 1", width=">= 1")
    def __init__(self, shape: Sequence[int], latent_dim: int, map_channels: int, *, width: int = 24) -> None:
        super().__init__()
        if halvings(shape) < 1:
            expect.refuse("shape", tuple(shape), "an even height and width of 8 or more")
        self.shape, self.latent_dim = tuple(shape), latent_dim
        self.likelihood = Gaussian()
        up, down = conv_encoder(shape, width, 2 * latent_dim), conv_decoder(shape, width, latent_dim)
        self.top_mean, self.top_log_var = (nn.Parameter(torch.zeros(latent_dim)) for _ in range(2))
        # both networks are cut where their maps are twice as large as the smallest
        self.read, self.read_top = up[:-4], up[-4:]
        self.from_top, self.paint = down[:5], down[5:]
        features = width << (halvings(shape) - 1)
        self.prior = _convolutions(features, features, 2 * map_channels)
        self.correction = _convolutions(2 * features, features, 2 * map_channels)
        self.join = nn.Conv2d(map_channels, features, 3, padding=1)

    @expect.one_dtype
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute mean and log-variance of q(z₂|x), both (B, latent_dim), for x (B, C, H, W) in [0, 1]."""
        self._check(x)
        mean, log_var = self.read_top(self.read(x)).chunk(2, dim=1)
        return mean, log_var

    def _infer(self, x: Tensor, noise: Noise | None = None) -> Inferred:
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        read = self.read(x)
        mean, log_var = self.read_top(read).chunk(2, dim=1)
        top = self.top_mean.expand_as(mean), self.top_log_var.expand_as(mean)
        z = latents(mean, log_var, noise and noise[0], name="noise[0]")
        features = self.from_top(z)
        # z₁ in units of its prior, (z₁ − μ)/σ: there p is N(0, I), and the change of units cancels in q/p
        shift, log_scale = self.correction(torch.cat([features, read], dim=1)).chunk(2, dim=1)
        unit = latents(shift, log_scale, noise and noise[1], name="noise[1]")
        flat, shift, log_scale = (t.flatten(1) for t in (unit, shift, log_scale))
        return Inferred(
            self._decode(features, unit),
            kl_normal(mean, log_var, *top),
            kl_to_standard_normal(shift, log_scale),
            (log_normal(z, *top) - log_normal(z, mean, log_var))
            + (log_normal(flat) - log_normal(flat, shift, log_scale)),
        )

    def _decode(self, features: Tensor, unit: Tensor) -> Tensor:
        """Compute what the decoder says of z₂'s features and z₁ in units of its prior."""
        mean, log_var = self.prior(features).chunk(2, dim=1)
        return self.paint(features + self.join(mean + (0.5 * log_var).exp() * unit))

    @expect.door(noise=" / ")
    def elbo(self, x: Tensor, *, noise: Noise | None = None) -> Tensor:
        """Compute E_q[log p_θ(x|z₁, z₂)] − KL of z₂ − E_q[KL of z₁], one sample of both, in nats, shape (B,).

        Vahdat & Kautz 2020, section 3, with both KL in closed form. The noise of both is drawn anew by default.
        """
        self._check(x)
        found = self._infer(x, noise)
        return self.likelihood.log_prob(x, found.out) - found.kl_top - found.kl_map

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """Compute what training minimises, the mean negative ELBO in nats and its parts; no value of x is seen."""
        found = self._infer(x)
        right, top, at_place = self.likelihood.log_prob(x, found.out).mean(), found.kl_top.mean(), found.kl_map.mean()
        return {"loss": top + at_place - right, "reconstruction": right, "kl_top": top, "kl_map": at_place}

    @expect.door(k=">= 1")
    def log_weights(self, x: Tensor, k: int) -> Tensor:
        """Compute log p_θ(x, z₁, z₂) − log q_φ(z₁, z₂|x) for k draws of both, in nats, shape (k, B)."""
        self._check(x)
        repeated = x.repeat(k, 1, 1, 1)
        found = self._infer(repeated)
        return (self.likelihood.log_prob(repeated, found.out) + found.log_ratio).reshape(k, len(x))

    def importance_bound(self, x: Tensor, k: int) -> Tensor:
        """Compute the bound of `VAE.importance_bound`, Burda et al. 2016, section 3 (arXiv:1509.00519); nats (B,)."""
        return log_mean_exp(self.log_weights(x, k), dim=0)

    @torch.no_grad()
    @expect.one_dtype
    def reconstruct(self, x: Tensor) -> Tensor:
        """Compute means of p_θ(x|z₁, z₂) for one draw of both latents from q, (B, C, H, W) in [0, 1]."""
        self._check(x)
        return self.likelihood.mean(self._infer(x).out)

    @torch.no_grad()
    @expect.door(n=">= 1", temperature=">= 0", top="n D")
    def sample(self, n: int, *, temperature: float = 1.0, top: Tensor | None = None) -> Tensor:
        """Compute means of p_θ(x|z₁, z₂) for n draws of both latents from their priors, (n, C, H, W) in [0, 1].

        The temperature multiplies the standard deviation of both priors; z₂ may be given as `top`, (n, latent_dim).
        """
        like = next(self.parameters())
        if top is None:
            noise = torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)
            top = self.top_mean + temperature * (0.5 * self.top_log_var).exp() * noise
        expect.tensor("top", top, f"{n} {self.latent_dim}")
        features = self.from_top(top)
        unit = torch.randn_like(self.prior(features).chunk(2, dim=1)[0])
        return self.likelihood.mean(self._decode(features, temperature * unit))

    def _check(self, x: Tensor) -> None:
        expect.tensor("x", x, expect.batch_of(self.shape), within=(0, 1))


def _convolutions(before: int, between: int, after: int) -> nn.Sequential:
    first, last = (nn.Conv2d(*channels, 3, padding=1) for channels in ((before, between), (between, after)))
    return nn.Sequential(first, nn.SiLU(), last)
