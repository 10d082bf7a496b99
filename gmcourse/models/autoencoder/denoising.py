"""Noise on the input, and what the best possible denoiser gives back."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.expect.door import door


@door(x="…; unseen", sigma=">= 0", noise="…; unseen")
def add_noise(x: Tensor, sigma: float, noise: Tensor | None = None) -> Tensor:
    """x + σ ε with ε ~ N(0, I), not cut to [0, 1]: cutting would tell the network where the edges are."""
    return x + sigma * (torch.randn_like(x) if noise is None else noise)


@door(x="N D", sigma=">= 0")
def posterior_mean(log_prob: Callable[[Tensor], Tensor], x: Tensor, sigma: float) -> Tensor:
    """Compute E[clean | noisy x] = x + σ² ∇ log p_σ(x): what a denoiser trained on the squared error tends to.

    p_σ is the density of the *noisy* data. Tweedie's formula (Robbins 1956; Vincent 2011 and Alain & Bengio
    2014 for autoencoders): a denoiser knows the gradient of the log-density, so an autoencoder trained that
    way is nearer to a density than it looks. Diffusion models live on this.
    `log_prob` is log p_σ in nats, (N, D) → (N,), differentiable.
    """
    x = x.detach().requires_grad_(True)
    (score,) = torch.autograd.grad(log_prob(x).sum(), x)
    return x.detach() + sigma**2 * score
