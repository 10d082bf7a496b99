"""The evidence lower bound of a diffusion model, term by term: a VAE's, with an encoder that is not learned."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import COSINE, Path
from gmcourse.models.diffusion.chain import Denoiser, posterior, transition
from gmcourse.precision import at_least_single, single, wide

Variance = Literal["small", "large", "best"]


def _log_levels(x: Tensor, mean: Tensor, variance: Tensor, levels: int, merged: int) -> Tensor:
    """Compute log of the normal's mass on the interval of x's levels in [−1, 1]; the outer ones are open.

    In float64 and from log Φ on the side where it is small, so that a mass that underflows has a logarithm.
    """
    x, mean, variance = wide(x, mean, variance)
    gap, scale = 2 / (levels - 1), variance.sqrt()
    first = ((x + 1) / gap).round().div(merged, rounding_mode="floor") * merged
    low = (first - 0.5) * gap - 1
    high = low + merged * gap
    upper = torch.where(high > 1, math.inf, (high - mean) / scale)
    lower = torch.where(low < -1, -math.inf, (low - mean) / scale)
    turned = lower + upper > 0  # the mass between two ends is that between their negatives
    upper, lower = torch.where(turned, -lower, upper), torch.where(turned, -upper, lower)
    larger = torch.special.log_ndtr(upper)
    return larger + torch.log(-torch.expm1(torch.special.log_ndtr(lower) - larger))


@at_least_single
def step_kl(
    path: Path, x_0: Tensor, x_t: Tensor, denoised: Tensor, s: float, t: float, variance: Variance = "small"
) -> Tensor:
    """Compute L_t = KL(q(x_s | x_t, x_0) ‖ p(x_s | x_t)) in nats, (B,): both normal, p with x̂_0 for x_0.

    With the "small" variance β̃_t it is ½ (SNR(s) − SNR(t)) ‖x_0 − x̂_0‖² (Kingma et al. 2021, equation 13); "large"
    takes β_t for p. "best" takes the one number that makes the mean over the batch smallest, β̃_t and the mean squared
    error of the step's mean; with the exact denoiser this is the variance of Bao et al. 2022 (arXiv:2201.06503).
    """
    mean, small = posterior(path, x_t, x_0, s, t)
    other, _ = posterior(path, x_t, denoised, s, t)
    if variance == "best":
        wide = small + (mean - other).square().mean()
    else:
        wide = small if variance == "small" else transition(path, s, t, x_t)[1]
    ratio = small / wide
    kl = 0.5 * ((mean - other).square() * ratio / small + ratio - 1 - ratio.log())
    return kl.flatten(1).sum(1)


@torch.no_grad()
@expect.door(x="B …", grid=">= 0 <= 1", variance="small|large|best", levels=">= 2", merged=">= 1")
def bound(
    denoise: Denoiser,
    x: Tensor,
    grid: Sequence[float],
    *,
    variance: Variance = "small",
    path: Path = COSINE,
    levels: int | None = None,
    merged: int = 1,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Estimate the terms of −ELBO ≥ −log p(x) in nats, (N + 1, B): L_0, L_1, …, L_N of Ho et al. 2020, equation 5.

    L_0 = −log p(x_0 | x_{t_1}) has the variance β of the first step, or the mean squared error of x̂_0 if that is
    "best". Each term is estimated with one x_t. The grid's times grow from 0; see `times`. `levels` is None for a
    density. For whole numbers 0 … levels − 1 that were mapped evenly to [−1, 1], L_0 is a discrete probability, and
    so is the bound; `merged` neighbouring levels count as one: of 256, merged by 8, L_0 asks for five bits.
    """
    if list(grid) != sorted(set(grid)) or len(grid) < 2 or grid[0] != 0:
        expect.refuse("grid", grid, "times that grow from 0")
    terms, given, shape, x = [], x.dtype, " ".join(map(str, x.shape)), single(x)
    for s, t in pairwise(grid):
        noise = torch.randn(x.shape, generator=generator, dtype=given).to(x)
        x_t = path.mix(x, noise, t)
        denoised = single(expect.tensor("denoise(x_t, t)", denoise(x_t.to(given), t), shape))
        if s > 0:
            terms.append(step_kl(path, x, x_t, denoised, s, t, variance))
            continue
        width = (x - denoised).square().mean() if variance == "best" else transition(path, s, t, x)[1]
        if levels:
            seen = _log_levels(x, denoised, width, levels, merged)
        else:
            seen = -0.5 * ((x - denoised).square() / width + (2 * math.pi * width).log())
        terms.append(-seen.flatten(1).sum(1))
    alpha, sigma = path.at(grid[-1], x)
    last = 0.5 * ((alpha * x).square() + sigma.square() - 1 - 2 * sigma.log())
    return torch.stack([*terms, last.flatten(1).sum(1)]).to(given)
