"""Resampling with a small filter: insert zeros, filter, keep every n-th pixel (StyleGAN2's `upfirdn`).

A picture that is enlarged without a filter, or shrunk without one, gets frequencies that it should not have
(aliasing). The filter [1, 3, 3, 1] in both directions is StyleGAN's cheap remedy.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect

Padding = tuple[int, int, int, int]


def fir_kernel() -> Tensor:
    """Make StyleGAN's filter (4, 4): the taps 1, 3, 3, 1 in both directions, with the sum 1."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(taps, taps) / taps.sum() ** 2


def _resample(x: Tensor, kernel: Tensor, up: int, down: int, padding: Padding) -> Tensor:
    """Put zeros in, borders on, filter, keep every `down`-th pixel: one depthwise convolution, nothing reshaped."""
    (batch, channels, height, width), (left, right, top, bottom) = x.shape, padding
    weight = kernel.to(x.dtype).expand(channels, 1, -1, -1)
    crop = (kernel.shape[0] - 1 - top, kernel.shape[1] - 1 - left)
    more = (bottom - top + up - 1, right - left + up - 1)
    if up > 1 and x.is_cpu and min(crop) >= 0 and 0 <= min(more) <= max(more) < up:
        # no product with a zero: ten times as fast on a CPU, not tried on a GPU
        return F.conv_transpose2d(x, weight, None, up, crop, more, channels)[:, :, ::down, ::down]
    if up > 1:
        spread = F.pad(x.reshape(batch, channels, height, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1))
        x = spread.reshape(batch, channels, height * up, width * up)
    symmetric = left == right >= 0 and top == bottom >= 0
    if not symmetric:
        x = F.pad(x, padding)  # negative numbers crop
    # F.conv2d correlates; a filter convolves: hence the flip
    return F.conv2d(x, weight.flip(2, 3), stride=down, padding=(top, left) if symmetric else 0, groups=channels)


class _Resample(torch.autograd.Function):
    """The map is linear, so its gradient is its transpose: the same map with up and down exchanged.

    Saying so spares the general gradient of a convolution, and, where a penalty differentiates twice, the
    general gradient of that.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, up: int, down: int, padding: Padding) -> Tensor:
        out = _resample(x, kernel, up, down, padding)
        (height, width), (rows, columns) = kernel.shape, x.shape[2:]
        left, _, top, _ = padding
        ctx.transposed = (
            width - left - 1,
            columns * up - out.shape[3] * down + left - up + 1,
            height - top - 1,
            rows * up - out.shape[2] * down + top - up + 1,
        )
        ctx.save_for_backward(kernel)
        ctx.up, ctx.down = up, down
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        (kernel,) = ctx.saved_tensors
        # up and down exchanged, the filter turned round, the borders such that the sizes come out
        x = _Resample.apply(gradients[0], kernel.flip(0, 1), ctx.down, ctx.up, ctx.transposed)
        return x, None, None, None, None


def resample(
    x: Tensor, kernel: Tensor, *, up: int = 1, down: int = 1, padding: Padding = (0, 0, 0, 0), gain: float = 1.0
) -> Tensor:
    """Put up − 1 zeros after each pixel, pad, convolve with `kernel · gain`, keep every `down`-th pixel.

    The kernel (h, w) is no parameter: it gets no gradient. It convolves; it does not correlate. Padding is zeros at
    the left, right, top, bottom of the enlarged picture; negative numbers crop. A gain of up² keeps the brightness of
    an enlarged picture.
    """
    if x.ndim != 4 or kernel.ndim != 2:
        shapes = f"of shapes {tuple(x.shape)} and {tuple(kernel.shape)}"
        expect.refuse("x and kernel", shapes, "a picture (B, C, H, W) and a kernel (h, w)")
    if up < 1 or down < 1:
        raise ValueError(f"up is {up} and down is {down}; expected at least 1")
    return _Resample.apply(x, kernel if gain == 1.0 else kernel * gain, up, down, padding)


def _borders(kernel: Tensor, before: int, after: int) -> Padding:
    """Left, right, top, bottom, where each side is (size + before) // 2 and (size + after) // 2."""
    height, width = kernel.shape
    return (width + before) // 2, (width + after) // 2, (height + before) // 2, (height + after) // 2


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Make pictures twice as large: (B, C, H, W) → (B, C, 2H, 2W)."""
    return resample(x, kernel, up=2, padding=_borders(kernel, 1, -2), gain=4.0)


def downsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Make pictures half as large: (B, C, H, W) → (B, C, H/2, W/2)."""
    return resample(x, kernel, down=2, padding=_borders(kernel, -1, -2))


def upsampled_conv(x: Tensor, weight: Tensor, kernel: Tensor) -> Tensor:
    """Insert zeros, convolve with a weight (O, C, 3, 3), and filter: (B, C, H, W) → (B, O, 2H, 2W).

    A transposed convolution does the first two at a quarter of the products.
    """
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # (B, O, 2H + 1, 2W + 1)
    return resample(x, kernel, padding=_borders(kernel, -1, -2), gain=4.0)


def downsampled_conv(x: Tensor, weight: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Filter, then convolve with a weight (O, C, k, k), k odd, at every second pixel: H → H/2."""
    p = weight.shape[-1] // 2
    if p == 0:
        return F.conv2d(downsample(x, kernel), weight, bias)
    left, right, top, bottom = (border + p for border in _borders(kernel, -1, -2))
    return F.conv2d(resample(x, kernel, padding=(left, right, top, bottom)), weight, bias, stride=2)
