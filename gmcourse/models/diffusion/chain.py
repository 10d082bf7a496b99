"""The chain that adds noise, in closed form between any two of its times; and back, by DDPM's and DDIM's samplers.

`path` preserves variance (α_t² + σ_t² = 1) in the papers; here it may be any path from data at 0 to noise at 1.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import COSINE, Path

Prediction = Literal["noise", "data", "v"]
Denoiser = Callable[[Tensor, float], Tensor]  # (x_t, t) → x̂_0
Sampler = Literal["ddim", "small", "large"]


def transition(path: Path, s: float, t: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the factor and the variance of q(x_t | x_s) = N(α_{t|s} x_s, σ²_{t|s} I) for times s < t.

    α_{t|s} = α_t / α_s and σ²_{t|s} = σ_t² − α_{t|s}² σ_s² (Kingma et al. 2021, appendix A); with steps of DDPM these
    are √(1 − β_t) and β_t. The tensors multiply `like`, which may have (B, …) of any shape.
    """
    (alpha_s, sigma_s), (alpha_t, sigma_t) = path.at(s, like), path.at(t, like)
    factor = alpha_t / alpha_s
    return factor, sigma_t.square() - (factor * sigma_s).square()


def posterior(path: Path, x_t: Tensor, x_0: Tensor, s: float, t: float) -> tuple[Tensor, Tensor]:
    """Compute mean and variance of q(x_s | x_t, x_0), normal by Bayes' rule: the way back if its end is known.

    Ho et al. 2020 (arXiv:2006.11239), equations 6 and 7; the variance is their β̃_t.
    """
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


@expect.door(steps=">= 1")
def times(
    steps: int, *, spacing: Literal["time", "snr"] = "time", path: Path = COSINE, highest: float = 9.0
) -> list[float]:
    """Choose times 0 = t_0 < … < t_N = 1 of a chain of N steps.

    By "time" they are evenly spaced. By "snr" the logarithm of signal over noise is, from `highest` at t_1 down to
    that of the path's end: near the data the noise then shrinks by the same factor at each step (Kingma et al. 2021).
    """
    if spacing == "time":
        return [i / steps for i in range(steps + 1)]
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    lowest = float(path.log_snr(ends)[1])
    wanted = torch.linspace(expect.number("highest", highest, above=lowest), lowest, steps, dtype=torch.float64)
    low, high = torch.zeros_like(wanted), torch.ones_like(wanted)
    for _ in range(50):  # halve: log SNR falls with t
        middle = (low + high) / 2
        beyond = path.log_snr(middle) < wanted
        low, high = torch.where(beyond, low, middle), torch.where(beyond, middle, high)
    return [0.0, *high.tolist()]


def ddim_step(path: Path, x_t: Tensor, denoised: Tensor, s: float, t: float) -> Tensor:
    """Move from time t to s with the noise that is there: α_s x̂_0 + σ_s ε̂.

    Song et al. 2021 (arXiv:2010.02502), equation 12 with σ = 0; a step of the probability-flow ODE.
    """
    alpha, sigma = path.at(t, x_t)
    return path.mix(denoised, (x_t - alpha * denoised) / sigma, s)


@torch.no_grad()
@expect.door(start="B …", grid=">= 0 <= 1", sampler="ddim|small|large")
def draw(
    denoise: Denoiser,
    start: Tensor,
    grid: Sequence[float],
    *,
    sampler: Sampler = "ddim",
    path: Path = COSINE,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Go back from noise `start` (B, …) along the times of the grid, which grow: samples of the same shape.

    `denoise`, a network or a closed form, gives x̂_0 at (x_t, t), and the grid's times lead from the data's to the
    noise's; see `times`. "ddim" adds no noise. "small" and "large" draw from N(mean of q(x_s | x_t, x̂_0), v I) with
    v = β̃_t or β_t, the two choices of Ho et al. 2020, section 3.2; the last step returns the mean.
    """
    if list(grid) != sorted(set(grid)) or len(grid) < 2:
        expect.refuse("grid", grid, "two or more times that grow")
    x, shape = start, " ".join(map(str, start.shape))
    for t, s in pairwise(reversed(grid)):
        denoised = expect.tensor("denoise(x_t, t)", denoise(x, t), shape, finite=False)
        if sampler == "ddim":
            x = ddim_step(path, x, denoised, s, t)
            continue
        x, variance = posterior(path, x, denoised, s, t)
        if sampler == "large":
            _, variance = transition(path, s, t, x)
        if s > grid[0]:
            x = x + variance.sqrt() * torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
    return x
