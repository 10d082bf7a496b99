"""From noise back to data: the random chain of DDPM and the deterministic one of DDIM, for any denoiser."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import COSINE, Path
from gmcourse.models.diffusion.chain import posterior, transition

Denoiser = Callable[[Tensor, float], Tensor]  # (x_t, t) → x̂_0
Sampler = Literal["ddim", "small", "large"]


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
    wanted = torch.linspace(highest, float(path.log_snr(ends)[1]), steps, dtype=torch.float64)
    low, high = torch.zeros_like(wanted), torch.ones_like(wanted)
    for _ in range(50):  # halve: log SNR falls with t
        middle = (low + high) / 2
        beyond = path.log_snr(middle) < wanted
        low, high = torch.where(beyond, low, middle), torch.where(beyond, middle, high)
    return [0.0, *high.tolist()]


def ddim_step(path: Path, x_t: Tensor, denoised: Tensor, s: float, t: float) -> Tensor:
    """Move from t to s with the same noise: α_s x̂_0 + σ_s ε̂ (Song et al. 2021, arXiv:2010.02502, eq. 12)."""
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

    Args:
        denoise: gives x̂_0 at (x_t, t), a network or a closed form.
        grid: times of the chain, from the data's to the noise's; see `times`.
        sampler: "ddim" adds no noise. "small" and "large" draw from N(mean of q(x_s | x_t, x̂_0), v I) with v = β̃_t
            or β_t, the two choices of Ho et al. 2020, section 3.2; the last step returns the mean.
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
