"""How close one image is to another, pixel by pixel: PSNR, SSIM, and consistency with a low resolution."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect


def _check_range(data_range: float, **pictures: Tensor) -> None:
    """Refuse pictures that are not of this range: a PSNR of 0 … 255 taken for 0 … 1 is 48 dB too low."""
    largest = max(float(x.detach().max()) for x in pictures.values())
    for name, x in pictures.items():
        low, high = (float(each) for each in x.detach().aminmax())
        # a network may overshoot a little
        strays = ((x.detach() / data_range - 0.5).abs() > 0.6).double().mean()
        if strays > 0.1 or 0 < largest < data_range / 200:
            raise ValueError(
                f"{name} has values from {low:.4g} to {high:.4g} where data_range is {data_range:g}; "
                f"expected about 0 … {data_range:g}: give the data_range that the pictures have"
            )


@expect.door(x="B C H W", y="B C H W", data_range="> 0")
def psnr(x: Tensor, y: Tensor, data_range: float = 1.0) -> Tensor:
    """Compute the peak signal-to-noise ratio 10 log₁₀(range² / MSE) of images (B, C, H, W) in decibels, (B,).

    Equal images give infinity; 6 dB more is half the error. `data_range` is the largest value that a pixel can have.
    """
    _check_range(data_range, x=x, y=y)
    error = ((x.double() - y.double()) / data_range).square().flatten(1).mean(1)
    return (-10 * torch.log10(error)).to(x.dtype)


@expect.door(x="B C H W", y="B C H W", data_range="> 0", window="gaussian|uniform")
def ssim(x: Tensor, y: Tensor, data_range: float = 1.0, window: str = "gaussian") -> Tensor:
    """Structural similarity (Wang et al. 2004, eq. 13): local means, variances and covariance compared.

    The mean (B,) over the positions where the whole window fits, and over channels; 1 is equality. Images are
    (B, C, H, W) in [0, data_range], at least as large as the window: "gaussian" (11×11, σ = 1.5, population
    covariance: the paper's) or "uniform" (7×7, sample covariance: what super-resolution papers often report).
    """
    _check_range(data_range, x=x, y=y)
    offsets, unbias = torch.arange(-5, 6).to(x.device, torch.float64), 1.0
    line = (-0.5 * (offsets / 1.5) ** 2).softmax(0)
    if window == "uniform":
        line, unbias = torch.full_like(line[:7], 1 / 7), 49 / 48  # what makes covariances of 49 pixels unbiased
    expect.whole("the shorter side of x", min(x.shape[-2:]), least=len(line))
    channels, dtype = x.shape[1], x.dtype
    x, y = x.double(), y.double()
    kernel = (line[:, None] * line).expand(channels, 1, -1, -1)

    def local(values: Tensor) -> Tensor:
        return F.conv2d(values, kernel, groups=channels)

    mean_x, mean_y = local(x), local(y)
    var_x = unbias * (local(x * x) - mean_x**2)
    var_y = unbias * (local(y * y) - mean_y**2)
    cov = unbias * (local(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * cov + c2)
    similarity = similarity / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return similarity.flatten(1).mean(1).to(dtype)


@expect.door(x="B C H W", low="B C h w")
def lr_psnr(x: Tensor, low: Tensor, downsample: Callable[[Tensor], Tensor]) -> Tensor:
    """PSNR of downsample(x) against the low resolution that x was made from, in decibels, shape (B,).

    Lugmayr et al. 2020 (arXiv:2006.14200), section 5. 8-bit rounding of x alone limits it to about 50–60 dB.
    """
    return psnr(expect.tensor("downsample(x)", downsample(x), " ".join(map(str, low.shape))), low)


@expect.door(x="B C H W", cutoff=">= 0 <= 1.5")
def high_frequency_energy(x: Tensor, cutoff: float = 0.5) -> Tensor:
    """Measure sharpness: the mean squared amplitude above `cutoff` of images (B, C, H, W), shape (B,).

    The cutoff is a radius, 1 being half the sampling rate; by Parseval it is a part of the mean squared pixel.
    """
    height, width = x.shape[-2:]
    spectrum = torch.fft.fft2(x.double() - x.double().mean((2, 3), keepdim=True)).abs().square()
    spectrum = spectrum / (height * width) ** 2
    fy, fx = torch.fft.fftfreq(height, device=x.device) * 2, torch.fft.fftfreq(width, device=x.device) * 2
    high = torch.sqrt(fy[:, None] ** 2 + fx[None, :] ** 2) > cutoff
    return (spectrum * high).sum((-2, -1)).mean(1).to(x.dtype)
