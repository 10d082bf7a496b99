"""Two ways to differentiate an expectation over a distribution that is itself being learned.

∇_φ E_{z ~ N(μ, σ²)}[f(z)], both without bias, with very different variances.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.models.vae.model import log_normal, reparameterise


def reparameterised_gradient(
    f: Callable[[Tensor], Tensor], mean: Tensor, log_var: Tensor, noise: Tensor
) -> Tensor:
    """∇_μ f(μ + σ ε) for each noise sample (Kingma & Welling 2014, section 2.4).

    Args:
        f: (K, D) → (K,), differentiable.
        mean: μ, shape (D,).
        log_var: log σ², shape (D,).
        noise: ε, shape (K, D).

    Returns:
        One gradient a sample, (K, D); their mean is the estimate.
    """
    means = mean.expand_as(noise).clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(f(reparameterise(means, log_var, noise)).sum(), means)
    return gradient


def score_function_gradient(
    f: Callable[[Tensor], Tensor], mean: Tensor, log_var: Tensor, noise: Tensor
) -> Tensor:
    """f(z) ∇_μ log N(z; μ, σ²) for each sample z = μ + σ ε (Williams 1992): f need not be differentiable.

    Args:
        f: (K, D) → (K,).
        mean: μ, shape (D,).
        log_var: log σ², shape (D,).
        noise: ε, shape (K, D).

    Returns:
        One gradient a sample, (K, D); their mean is the estimate.
    """
    with torch.no_grad():
        z = reparameterise(mean, log_var, noise)
        reward = f(z)
    means = mean.expand_as(noise).clone().requires_grad_(True)
    (score,) = torch.autograd.grad(log_normal(z, means, log_var.expand_as(noise)).sum(), means)
    return reward[:, None] * score
