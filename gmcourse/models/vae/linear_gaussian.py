"""A VAE whose every integral has a closed form: the place where a bound can be held against the truth.

p(z) = N(0, I_k), p(x|z) = N(W z + b, σ² I_D), q(z|x) = N(A x + c, diag s²). Then p(x) = N(b, W Wᵀ + σ² I):
probabilistic PCA (Tipping & Bishop 1999).
"""

import math

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.metrics.divergence import kl_to_standard_normal
from gmcourse.models.vae.model import log_normal
from gmcourse.precision import single


class LinearGaussianVAE(nn.Module):
    """Linear encoder and decoder, with exact evidence, posterior and ELBO.

    σ is the standard deviation of the decoder's noise.
    """

    @expect.door(data_dim=">= 1", latent_dim=">= 1", sigma="> 0")
    def __init__(self, data_dim: int, latent_dim: int, sigma: float = 1.0) -> None:
        super().__init__()
        self.sigma = sigma
        self.weight = nn.Parameter(torch.randn(data_dim, latent_dim) / math.sqrt(latent_dim))  # W
        self.bias = nn.Parameter(torch.zeros(data_dim))  # b
        self.encoder_weight = nn.Parameter(torch.zeros(latent_dim, data_dim))  # A
        self.encoder_bias = nn.Parameter(torch.zeros(latent_dim))  # c
        self.log_var = nn.Parameter(torch.zeros(latent_dim))  # log s²

    @expect.one_dtype
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute mean and log-variance of q(z|x), both (B, k), for x (B, D)."""
        self._check(x)
        mean = x @ self.encoder_weight.T + self.encoder_bias
        return mean, self.log_var.expand_as(mean)

    @expect.one_dtype
    def decode(self, z: Tensor) -> Tensor:
        """Compute the mean of p(x|z), (..., D)."""
        expect.tensor("z", z, f"… {len(self.log_var)}", dtype="full")
        return z @ self.weight.T + self.bias

    @expect.one_dtype
    def reconstruction(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x|z) in nats, shape (...); x is (B, D), z (..., B, k), or x one row and z (N, k)."""
        self._check(x)
        expect.tensor("z", z, f"… {len(x) if len(x) > 1 else 'N'} {len(self.log_var)}", dtype="full")
        return log_normal(x, self.decode(z), 2 * math.log(self.sigma))

    @expect.one_dtype
    def log_evidence(self, x: Tensor) -> Tensor:
        """Compute log p(x) = log N(x; b, W Wᵀ + σ² I) in nats, shape (B,)."""
        self._check(x)
        cov = self.weight @ self.weight.T + self.sigma**2 * torch.eye(len(self.bias)).to(x)
        return torch.distributions.MultivariateNormal(self.bias, covariance_matrix=cov).log_prob(x)

    @expect.one_dtype
    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute mean (B, k) and covariance (k, k) of p(z|x) = N(M⁻¹Wᵀ(x − b), σ² M⁻¹), M = WᵀW + σ² I."""
        self._check(x)
        inverse = torch.linalg.inv(self._precision())
        return (x - self.bias) @ self.weight @ inverse, self.sigma**2 * inverse

    def elbo(self, x: Tensor) -> Tensor:
        """Compute the ELBO with its expectation done exactly, in nats, shape (B,)."""
        mean, log_var = self.encode(x)
        # E‖x − Wz − b‖² = ‖x − Wμ − b‖² + Σ_j s_j² ‖w_j‖²
        spread = (log_var.exp() * self.weight.square().sum(0)).sum(-1) / (2 * self.sigma**2)
        return self.reconstruction(x, mean) - spread - kl_to_standard_normal(mean, log_var)

    def _precision(self) -> Tensor:
        weight = single(self.weight)
        return weight.T @ weight + self.sigma**2 * torch.eye(len(self.log_var)).to(weight)

    def _check(self, x: Tensor) -> None:
        expect.tensor("x", x, f"B {len(self.bias)}", dtype="full")

    @torch.no_grad()
    def set_encoder_to_posterior(self) -> None:
        """Set the best encoder of this form: the posterior's mean, and the variances that minimise the KL."""
        precision = self._precision() / self.sigma**2
        self.encoder_weight.copy_(torch.linalg.solve(precision, single(self.weight).T) / self.sigma**2)
        self.encoder_bias.copy_(-self.encoder_weight @ self.bias)
        # for a fixed mean, KL(q ‖ p) is least where 1/s_j² equals the diagonal of the posterior's precision
        self.log_var.copy_(-precision.diagonal().log())
