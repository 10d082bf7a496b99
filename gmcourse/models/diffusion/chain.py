"""The chain that adds noise, in closed form between any two of its times, and what a network may predict on it.

`path` preserves variance (α_t² + σ_t² = 1) in the papers; here it may be any path from data at 0 to noise at 1.
"""

from typing import Literal

from torch import Tensor

from gmcourse.densities import Path

Prediction = Literal["noise", "data", "v"]


def transition(path: Path, s: float, t: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the factor and the variance of q(x_t | x_s) = N(α_{t|s} x_s, σ²_{t|s} I) for times s < t.

    α_{t|s} = α_t / α_s and σ²_{t|s} = σ_t² − α_{t|s}² σ_s² (Kingma et al. 2021, appendix A); with steps of DDPM these
    are √(1 − β_t) and β_t. The tensors multiply `like`, which may have (B, …) of any shape.
    """
    (alpha_s, sigma_s), (alpha_t, sigma_t) = path.at(s, like), path.at(t, like)
    factor = alpha_t / alpha_s
    return factor, sigma_t.square() - (factor * sigma_s).square()


def posterior(path: Path, x_t: Tensor, x_0: Tensor, s: float, t: float) -> tuple[Tensor, Tensor]:
    """Compute mean and variance β̃_t of q(x_s | x_t, x_0) (Ho et al. 2020, arXiv:2006.11239, eqs. 6 and 7)."""
    factor, variance = transition(path, s, t, x_t)
    (alpha_s, sigma_s), (_, sigma_t) = path.at(s, x_t), path.at(t, x_t)
    of_noisy = factor * (sigma_s / sigma_t).square()
    of_clean = alpha_s * variance / sigma_t.square()
    return of_noisy * x_t + of_clean * x_0, variance * (sigma_s / sigma_t).square()


def target(path: Path, predicts: Prediction, x_0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """Make what the network is to return: ε, x_0, or v = α_t ε − σ_t x_0 (Salimans & Ho 2022)."""
    if predicts == "v":
        alpha, sigma = path.at(t, x_0)
        return alpha * noise - sigma * x_0
    return noise if predicts == "noise" else x_0


def denoised_and_noise(
    path: Path, predicts: Prediction, x_t: Tensor, output: Tensor, t: Tensor | float
) -> tuple[Tensor, Tensor]:
    """Solve for x̂_0 and ε̂ of what a network returned at x_t: any of the three predictions gives the other two.

    They solve x_t = α_t x̂_0 + σ_t ε̂ together with the prediction; "data" needs σ_t > 0, "noise" α_t > 0.
    """
    alpha, sigma = path.at(t, x_t)
    if predicts == "noise":
        return (x_t - sigma * output) / alpha, output
    if predicts == "data":
        return output, (x_t - alpha * output) / sigma
    total = alpha.square() + sigma.square()
    return (alpha * x_t - sigma * output) / total, (sigma * x_t + alpha * output) / total
