"""How far one distribution is from another: closed forms, and Monte Carlo to meet them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.metrics.likelihood import LOG_2, mean_and_error


def _same_shape(**tensors: Tensor) -> None:
    shapes = {name: tuple(t.shape) for name, t in tensors.items()}
    if len(set(shapes.values())) != 1:
        raise ValueError(f"shapes differ: {shapes}; expected them equal")


def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²), in nats.

    Kingma & Welling 2014 (arXiv:1312.6114), appendix B, with the sign turned: they print −KL.

    Args:
        mean: μ, shape (..., D).
        log_var: log σ², shape (..., D).

    Returns:
        Shape (...): summed over the last dimension, because the dimensions are independent.

    Raises:
        ValueError: shapes differ.

    >>> kl_to_standard_normal(torch.tensor([1.0]), torch.tensor([0.25]).log())
    tensor(0.8181)
    """
    _same_shape(mean=mean, log_var=log_var)
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(-1)


def kl_normal(mean: Tensor, log_var: Tensor, other_mean: Tensor, other_log_var: Tensor) -> Tensor:
    """KL(N(μ₁, diag σ₁²) ‖ N(μ₂, diag σ₂²)) in nats, summed over the last dimension.

    ½ Σ_j (log σ₂²/σ₁² + (σ₁² + (μ₁ − μ₂)²)/σ₂² − 1).

    Args:
        mean: μ₁, shape (..., D).
        log_var: log σ₁², shape (..., D).
        other_mean: μ₂, shape (..., D).
        other_log_var: log σ₂², shape (..., D).

    Returns:
        Shape (...).

    Raises:
        ValueError: shapes differ.
    """
    _same_shape(mean=mean, log_var=log_var, other_mean=other_mean, other_log_var=other_log_var)
    spread = (log_var.exp() + (mean - other_mean).square()) * (-other_log_var).exp()
    return 0.5 * (other_log_var - log_var + spread - 1).sum(-1)


def kl_full_normal(mean: Tensor, cov: Tensor, other_mean: Tensor, other_cov: Tensor) -> Tensor:
    """KL between two normals with full covariances, in nats.

    ½ (tr(Σ₂⁻¹Σ₁) + (μ₂ − μ₁)ᵀΣ₂⁻¹(μ₂ − μ₁) − D + log det Σ₂ − log det Σ₁).

    Args:
        mean: μ₁, shape (D,).
        cov: Σ₁, shape (D, D).
        other_mean: μ₂, shape (D,).
        other_cov: Σ₂, shape (D, D).

    Returns:
        A scalar.

    Raises:
        ValueError: shapes do not fit, or a covariance is not positive definite.
    """
    _same_shape(mean=mean, other_mean=other_mean)
    _same_shape(cov=cov, other_cov=other_cov)
    chol, info = torch.linalg.cholesky_ex(cov)
    other_chol, other_info = torch.linalg.cholesky_ex(other_cov)
    if info or other_info:
        raise ValueError("a covariance is not positive definite; add a little to its diagonal")
    ratio = torch.linalg.solve_triangular(other_chol, chol, upper=False)
    shift = torch.linalg.solve_triangular(other_chol, (other_mean - mean)[:, None], upper=False)
    log_det = 2 * (other_chol.diagonal().log().sum() - chol.diagonal().log().sum())
    return 0.5 * (ratio.square().sum() + shift.square().sum() - len(mean) + log_det)


def kl_monte_carlo(
    log_p: Callable[[Tensor], Tensor], log_q: Callable[[Tensor], Tensor], samples: Tensor
) -> tuple[float, float]:
    """KL(p ‖ q) ≈ mean of log p(x) − log q(x) over samples x of p, with its standard error.

    Args:
        log_p: log-density of p in nats, (n, D) → (n,).
        log_q: log-density of q in nats, (n, D) → (n,).
        samples: drawn from p, shape (n, D).

    Returns:
        The estimate and its standard error, in nats. A q that is zero somewhere where p is not gives inf.
    """
    return mean_and_error(log_p(samples) - log_q(samples))


def _on_a_grid(log_p: Tensor, log_q: Tensor) -> None:
    _same_shape(log_p=log_p, log_q=log_q)
    if log_p.ndim != 1:
        raise ValueError(
            f"got shape {tuple(log_p.shape)}; expected log-densities at the points of a grid, (n,)"
        )


def kl_on_grid(log_p: Tensor, log_q: Tensor, cell: float) -> Tensor:
    """KL(p ‖ q) by summing over a regular grid.

    Args:
        log_p: at the grid's points, in nats, shape (n,). −inf counts as no mass.
        log_q: at the same points.
        cell: length, area or volume of one cell.

    Returns:
        A scalar in nats, as good as the grid is fine and covers p.
    """
    _on_a_grid(log_p, log_q)
    p = log_p.exp()
    return (torch.where(p > 0, p * (log_p - log_q), 0.0)).sum() * cell


def jensen_shannon_on_grid(log_p: Tensor, log_q: Tensor, cell: float) -> Tensor:
    """JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2: symmetric, between 0 and log 2 nats.

    Goodfellow et al. 2014 (arXiv:1406.2661), theorem 1, where it measures what a GAN's generator minimises.

    Args:
        log_p: at the points of a regular grid, in nats, shape (n,).
        log_q: at the same points.
        cell: length, area or volume of one cell.

    Returns:
        A scalar in nats.
    """
    _on_a_grid(log_p, log_q)
    log_m = torch.logaddexp(log_p, log_q) - LOG_2
    return 0.5 * (kl_on_grid(log_p, log_m, cell) + kl_on_grid(log_q, log_m, cell))
