"""Two ways to differentiate an expectation over a distribution that is itself being learned.

∇_φ E_{z ~ N(μ, σ²)}[f(z)], both without bias, with very different variances: f is
(K, D) → (K,), μ and log σ² are (D,), the noise ε is (K, D). Each gives one gradient a sample, (K, D), whose mean
is the estimate.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.expect.door import door
from gmcourse.models.vae.model import log_normal, reparameterise


@door(mean="D", log_var="D", noise="K D")
def reparameterised_gradient(
    f: Callable[[Tensor], Tensor], mean: Tensor, log_var: Tensor, noise: Tensor
) -> Tensor:
    """∇_μ f(μ + σ ε) for each noise sample (Kingma & Welling 2014, section 2.4); f is differentiable."""
    means = mean.expand_as(noise).clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(f(reparameterise(means, log_var, noise)).sum(), means)
    return gradient


@door(mean="D", log_var="D", noise="K D")
def score_function_gradient(
    f: Callable[[Tensor], Tensor], mean: Tensor, log_var: Tensor, noise: Tensor
) -> Tensor:
    """f(z) ∇_μ log N(z; μ, σ²) for each sample z = μ + σ ε (Williams 1992): f need not be differentiable."""
    with torch.no_grad():
        z = reparameterise(mean, log_var, noise)
        reward = f(z)
    means = mean.expand_as(noise).clone().requires_grad_(True)
    (score,) = torch.autograd.grad(log_normal(z, means, log_var.expand_as(noise)).sum(), means)
    return reward[:, None] * score
