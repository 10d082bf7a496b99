"""How close one image is to another, pixel by pixel: PSNR, SSIM, and consistency with a low resolution."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def _check(x: Tensor, y: Tensor) -> None:
    if x.shape != y.shape or x.ndim != 4:
        raise ValueError(f"shapes {tuple(x.shape)} and {tuple(y.shape)}; expected two equal (B, C, H, W)")
    if not (x.is_floating_point() and y.is_floating_point()):
        raise ValueError(f"dtypes {x.dtype} and {y.dtype}; expected floating point in [0, data_range]")


def psnr(x: Tensor, y: Tensor, data_range: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio 10 log₁₀(range² / MSE) of each pair, in decibels.

    Args:
        x: images (B, C, H, W) in [0, data_range].
        y: the images to compare with.
        data_range: the largest value that a pixel can have.

    Returns:
        Shape (B,). Equal images give infinity; 6 dB more is half the error.

    Raises:
        ValueError: shapes that differ, or whole numbers.
    """
    _check(x, y)
    error = (x - y).square().flatten(1).mean(1)
    return 10 * torch.log10(data_range**2 / error)


def luma(x: Tensor) -> Tensor:
    """Brightness of RGB images (B, 3, H, W) in [0, 1] as ITU-R BT.601 has it, in 16 … 235, (B, 1, H, W).

    Raises:
        ValueError: another shape.
    """
    if x.ndim != 4 or x.shape[1] != 3:
        raise ValueError(f"got shape {tuple(x.shape)}; expected (B, 3, H, W)")
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=x.dtype, device=x.device)
    return 16 + (x * weights[:, None, None]).sum(1, keepdim=True)


def _window(kind: str, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, float]:
    """The weights (k, k) of the local statistics, and the factor that makes their covariances unbiased."""
    if kind == "uniform":
        return torch.full((7, 7), 1 / 49, dtype=dtype, device=device), 49 / 48
    if kind == "gaussian":
        offsets = torch.arange(-5, 6, dtype=dtype, device=device)
        bell = torch.exp(-0.5 * (offsets / 1.5) ** 2)
        bell = bell / bell.sum()
        return bell[:, None] * bell[None, :], 1.0
    raise ValueError(f"window is {kind!r}; expected 'gaussian' or 'uniform'")


def ssim(x: Tensor, y: Tensor, data_range: float = 1.0, window: str = "gaussian") -> Tensor:
    """Structural similarity (Wang et al. 2004, eq. 13): local means, variances and covariance compared.

    Args:
        x: images (B, C, H, W) in [0, data_range], at least as large as the window.
        y: the images to compare with.
        data_range: the largest value that a pixel can have.
        window: "gaussian" (11×11, σ = 1.5, population covariance: the paper's) or "uniform" (7×7, sample
            covariance: what super-resolution papers often report).

    Returns:
        Shape (B,): mean over the positions where the whole window fits, and over channels. 1 is equality.

    Raises:
        ValueError: shapes that differ, whole numbers, an unknown window, or images smaller than it.
    """
    _check(x, y)
    weights, unbias = _window(window, x.dtype, x.device)
    if min(x.shape[-2:]) < len(weights):
        raise ValueError(
            f"images of {x.shape[-2]}×{x.shape[-1]}; the window needs at least {len(weights)}×{len(weights)}"
        )
    channels = x.shape[1]
    kernel = weights.expand(channels, 1, -1, -1)

    def local(values: Tensor) -> Tensor:
        return F.conv2d(values, kernel, groups=channels)

    mean_x, mean_y = local(x), local(y)
    var_x = unbias * (local(x * x) - mean_x**2)
    var_y = unbias * (local(y * y) - mean_y**2)
    cov = unbias * (local(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similarity = (
        (2 * mean_x * mean_y + c1) * (2 * cov + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    )
    return similarity.flatten(1).mean(1)


def lr_psnr(x: Tensor, low: Tensor, downsample: Callable[[Tensor], Tensor]) -> Tensor:
    """PSNR of downsample(x) against the low resolution that x was made from, in decibels, shape (B,).

    Lugmayr et al. 2020 (arXiv:2006.14200), section 5: an answer to super-resolution has to agree with what
    was given, whatever it invents. 8-bit rounding of x alone limits it to about 50–60 dB.

    Args:
        x: super-resolved images (B, C, H, W) in [0, 1].
        low: the given images (B, C, h, w) in [0, 1].
        downsample: the map that made `low`.
    """
    return psnr(downsample(x), low)


def high_frequency_energy(x: Tensor, cutoff: float = 0.5) -> Tensor:
    """Share-free measure of sharpness: mean squared amplitude above `cutoff` of the highest frequency.

    Args:
        x: images (B, C, H, W).
        cutoff: radius in the frequency plane, 1 being half the sampling rate along an axis.

    Returns:
        Shape (B,); by Parseval the part of the mean squared pixel that lies in fine detail.

    Raises:
        ValueError: another shape.
    """
    if x.ndim != 4:
        raise ValueError(f"got shape {tuple(x.shape)}; expected (B, C, H, W)")
    height, width = x.shape[-2:]
    spectrum = torch.fft.fft2(x).abs().square() / (height * width) ** 2
    fy, fx = torch.fft.fftfreq(height, device=x.device) * 2, torch.fft.fftfreq(width, device=x.device) * 2
    high = torch.sqrt(fy[:, None] ** 2 + fx[None, :] ** 2) > cutoff
    return (spectrum * high).sum((-2, -1)).mean(1)


def worst_possible_psnr(levels: int = 256) -> float:
    """PSNR in decibels of an image against its own rounding to that many levels: a uniform error."""
    return 10 * math.log10(12 * (levels - 1) ** 2)
