"""How far one distribution is from another: closed forms, and Monte Carlo to meet them."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.metrics.likelihood import mean_and_error
from gmcourse.precision import wide


@expect.door(mean="… D; unseen", log_var="… D; unseen")
def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """Compute KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²), in nats.

    Kingma & Welling 2014 (arXiv:1312.6114), appendix B, with the sign turned: they print −KL. Of μ and log σ²
    (..., D) the last dimension is summed over, because the dimensions are independent.

    >>> kl_to_standard_normal(torch.tensor([1.0]), torch.tensor([0.25]).log())
    tensor(0.8181)
    """
    m, v = wide(mean, log_var)
    return (0.5 * (m.square() + (v.expm1() - v)).sum(-1)).to(mean.dtype)


@expect.door(mean="… D; unseen", log_var="… D; unseen", other_mean="… D; unseen", other_log_var="… D; unseen")
def kl_normal(mean: Tensor, log_var: Tensor, other_mean: Tensor, other_log_var: Tensor) -> Tensor:
    """KL(N(μ₁, diag σ₁²) ‖ N(μ₂, diag σ₂²)) in nats, shape (...), of means and log-variances (..., D).

    ½ Σ_j (log σ₂²/σ₁² + (σ₁² + (μ₁ − μ₂)²)/σ₂² − 1).
    """
    m, v, other_m, other_v = wide(mean, log_var, other_mean, other_log_var)
    most = 1.99 * math.log(torch.finfo(v.dtype).max)
    shift = (m - other_m) * (0.5 * (-other_v).clamp_max(most)).exp()  # 0 for equal means, however narrow
    ratio = v - other_v
    return (0.5 * (ratio.expm1() - ratio + shift.square()).sum(-1)).to(mean.dtype)


@expect.door()
def kl_monte_carlo(
    log_p: Callable[[Tensor], Tensor], log_q: Callable[[Tensor], Tensor], samples: Tensor
) -> tuple[float, float]:
    """Estimate KL(p ‖ q) as the mean of log p(x) − log q(x) over samples x (n, D) of p, with its standard error.

    Both are in nats, and both infinite where q is zero at a sample. The log-densities map (n, D) to nats (n,).
    """
    both = {"log_p(samples)": log_p(samples), "log_q(samples)": log_q(samples)}
    p, q = (expect.tensor(name, each, f"{len(samples)}", finite=False) for name, each in both.items())
    ratio = p - q
    if bool((ratio == math.inf).any()):
        return math.inf, math.inf
    return mean_and_error(expect.tensor("log_p(samples) − log_q(samples)", ratio, "n"))


@expect.door(log_p="n; -inf", log_q="n; -inf", cell="> 0")
def kl_on_grid(log_p: Tensor, log_q: Tensor, cell: float) -> Tensor:
    """KL(p ‖ q) in nats by summing over a regular grid, as good as the grid is fine and covers p.

    Log-densities are nats at the grid's points, (n,); −∞ is no mass. A cell has the length, area or volume `cell`.
    """
    p, q = wide(log_p, log_q)
    mass = p.exp()
    return ((mass * (p - q)).where(mass > 0, 0.0).sum() * cell).to(log_p.dtype)


@expect.door(log_p="n; -inf", log_q="n; -inf", cell="> 0")
def jensen_shannon_on_grid(log_p: Tensor, log_q: Tensor, cell: float) -> Tensor:
    """Compute JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2: symmetric, between 0 and log 2 nats.

    A GAN's generator minimises it (Goodfellow et al. 2014, arXiv:1406.2661, theorem 1). See also `kl_on_grid`.
    """
    p, q = wide(log_p, log_q)

    def to_the_middle(a: Tensor, b: Tensor) -> Tensor:
        """∫ a log(a/m) for log-densities a and b; log(m/a) is so written that a = b gives exactly 0."""
        gap = (b - a).where(a.exp() > 0, 0.0)
        return -(a.exp() * (gap.relu() + torch.log1p((-gap.abs()).expm1() / 2))).sum() * cell

    return (0.5 * (to_the_middle(p, q) + to_the_middle(q, p))).to(log_p.dtype)
