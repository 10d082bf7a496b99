"""The evidence lower bound of a diffusion model, term by term: a VAE's, with an encoder that is not learned."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import COSINE, Path
from gmcourse.expect.door import door
from gmcourse.models.diffusion.chain import posterior, transition
from gmcourse.models.diffusion.sampling import Denoiser

Variance = Literal["small", "large"]


def _log_normal(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return -0.5 * ((x - mean).square() / variance + (2 * math.pi * variance).log())


def _log_levels(x: Tensor, mean: Tensor, variance: Tensor, levels: int) -> Tensor:
    """Compute log of the normal's mass on each level's interval in [−1, 1]; the outer ones are open."""
    half = 1 / (levels - 1)
    scale = variance.sqrt()

    def below(edge: Tensor) -> Tensor:
        return torch.special.ndtr((edge - mean) / scale)

    upper = torch.where(x > 1 - half, 1.0, below(x + half))
    lower = torch.where(x < half - 1, 0.0, below(x - half))
    return (upper - lower).clamp_min(1e-12).log()


def step_kl(
    path: Path, x_0: Tensor, x_t: Tensor, denoised: Tensor, s: float, t: float, variance: Variance = "small"
) -> Tensor:
    """Compute L_t = KL(q(x_s | x_t, x_0) ‖ p(x_s | x_t)) in nats, (B,): both normal, p with x̂_0 for x_0.

    With the "small" variance β̃_t it is ½ (SNR(s) − SNR(t)) ‖x_0 − x̂_0‖² (Kingma et al. 2021, equation 13); "large"
    takes β_t for p.
    """
    mean, small = posterior(path, x_t, x_0, s, t)
    other, _ = posterior(path, x_t, denoised, s, t)
    _, large = transition(path, s, t, x_t)
    ratio = torch.ones_like(small) if variance == "small" else small / large
    kl = 0.5 * ((mean - other).square() * ratio / small + ratio - 1 - ratio.log())
    return kl.flatten(1).sum(1)


@torch.no_grad()
@door(x="B …", grid=">= 0 <= 1", variance="small|large", levels=">= 2")
def bound(
    denoise: Denoiser,
    x: Tensor,
    grid: Sequence[float],
    *,
    variance: Variance = "small",
    path: Path = COSINE,
    levels: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Estimate the terms of −ELBO ≥ −log p(x) in nats, (N + 1, B): L_0, L_1, …, L_N of Ho et al. 2020, equation 5.

    L_0 = −log p(x_0 | x_{t_1}) has the variance β of the first step. Each term is estimated with one x_t.

    Args:
        grid: times of the chain, growing from 0; see `times`.
        levels: None for a density. For whole numbers 0 … levels − 1 that were mapped evenly to [−1, 1], L_0 is a
            discrete probability, and so is the bound.
    """
    if list(grid) != sorted(set(grid)) or len(grid) < 2 or grid[0] != 0:
        expect.refuse("grid", grid, "times that grow from 0")
    terms = []
    for s, t in pairwise(grid):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
        x_t = path.mix(x, noise, t)
        denoised = denoise(x_t, t)
        if s > 0:
            terms.append(step_kl(path, x, x_t, denoised, s, t, variance))
            continue
        _, width = transition(path, s, t, x)
        seen = _log_normal(x, denoised, width) if levels is None else _log_levels(x, denoised, width, levels)
        terms.append(-seen.flatten(1).sum(1))
    alpha, sigma = path.at(grid[-1], x)
    last = 0.5 * ((alpha * x).square() + sigma.square() - 1 - 2 * sigma.log())
    return torch.stack([*terms, last.flatten(1).sum(1)])
