"""Noise on the input, and what the best possible denoiser gives back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def add_noise(x: Tensor, sigma: float, noise: Tensor | None = None) -> Tensor:
    """x + σ ε with ε ~ N(0, I), not cut to [0, 1]: cutting would tell the network where the edges are.

    Raises:
        ValueError: a negative sigma, or noise of another shape.
    """
    if sigma < 0:
        raise ValueError(f"sigma is {sigma}; expected 0 or more")
    noise = torch.randn_like(x) if noise is None else noise
    if noise.shape != x.shape:
        raise ValueError(f"noise of shape {tuple(noise.shape)} for {tuple(x.shape)}; expected them equal")
    return x + sigma * noise


def posterior_mean(log_prob: Callable[[Tensor], Tensor], x: Tensor, sigma: float) -> Tensor:
    """E[clean | noisy x] = x + σ² ∇ log p_σ(x): what a denoiser trained on the squared error tends to.

    p_σ is the density of the *noisy* data. Tweedie's formula (Robbins 1956; Vincent 2011 and Alain & Bengio
    2014 for autoencoders): a denoiser knows the gradient of the log-density, so an autoencoder trained that
    way is nearer to a density than it looks. Diffusion models live on this.

    Args:
        log_prob: log p_σ in nats, (N, D) → (N,), differentiable.
        x: noisy points (N, D).
        sigma: of the noise.
    """
    x = x.detach().requires_grad_(True)
    (score,) = torch.autograd.grad(log_prob(x).sum(), x)
    return x.detach() + sigma**2 * score
