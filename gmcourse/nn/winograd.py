"""A 3×3 convolution with a quarter of the products, for wide layers on a CPU (Lavin & Gray 2016, arXiv:1509.09308).

A tile of 6×6 pixels becomes 36 sums of pixels, and a filter 36 sums of its weights. Their products, added up over the
channels, are 36 small matrix products, and sums of these are 4×4 pixels of the output: 36 products for 144. The sums
take time, too, so a layer has to be wide. Rounding errors are some 1e-5 of the largest value in float32, ten times
as large. Derivatives of any order are those of the convolution, by autograd.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# channels and tiles from which a layer with its gradients takes 0.6 to 0.75 of the time; tiles that a cache can hold
WIDE, MANY, TOGETHER = 96, 64, 256

# one axis of each transform, a row for each of the points 0, 1, −1, 2, −2 and ∞; filters are divided by 24
PIXELS = "4 0 -5 0 1 0, 0 -4 -4 1 1 0, 0 4 -4 -1 1 0, 0 -2 -1 2 1 0, 0 2 -1 -2 1 0, 0 4 0 -5 0 1"
FILTERS = "6 0 0, -4 -4 -4, -4 4 -4, 1 2 4, 1 -2 4, 0 0 24"
SUMS = "1 1 1 1 1 0, 0 1 -1 2 -2 0, 0 1 1 4 4 0, 0 1 -1 8 -8 1"


def _both_axes(rows: str, x: Tensor, over: int = 1) -> Tensor:
    """Transform both axes of x, n²×N, with a matrix of m rows of n: m²×N."""
    axis = torch.tensor([[int(n) / over for n in row.split()] for row in rows.split(",")], dtype=x.dtype)
    return torch.kron(axis, axis) @ x


def winograd_conv(x: Tensor, weight: Tensor) -> Tensor:
    """Convolve pictures (B, I, H, W), H and W multiples of 4, with filters (O, I, 3, 3): (B, O, H, W)."""
    (_, inputs, height, width), outputs = x.shape, len(weight)
    rows, columns = height // 4, width // 4
    filters = _both_axes(FILTERS, weight.permute(2, 3, 1, 0).reshape(9, -1), 24).view(36, inputs, outputs)
    parts = []
    for part in x.split(max(1, TOGETHER // (rows * columns))):
        part = F.pad(part, (1, 3, 1, 3)).permute(0, 2, 3, 1).reshape(-1, rows + 1, 4, columns + 1, 4, inputs)
        part = part.permute(2, 4, 0, 1, 3, 5)  # the place in a tile, then picture, tile, channel
        halves = part[..., :-1, :, :], part[:2, ..., 1:, :, :]  # tiles overlap by two pixels
        tiles = torch.cat([torch.cat([half[..., :-1, :], half[:, :2, ..., 1:, :]], 1) for half in halves])
        pixels = _both_axes(PIXELS, tiles.reshape(36, -1)).view(36, -1, inputs)
        sums = _both_axes(SUMS, (pixels @ filters).view(36, -1)).view(4, 4, -1, rows, columns, outputs)
        parts.append(sums.permute(2, 3, 0, 4, 1, 5).reshape(-1, height, width, outputs))
    return torch.cat(parts).permute(0, 3, 1, 2)


def same_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve (B, I, H, W) with (O, I, k, k), k odd, so that the size stays, in the way that trains faster."""
    (outputs, inputs, size, _), (height, width) = weight.shape, x.shape[-2:]
    trains = torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)
    exact = x.is_cpu and x.dtype == weight.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    wide = min(inputs, outputs) >= WIDE and x.numel() >= 16 * MANY * inputs and height % 4 == width % 4 == 0
    if not (trains and exact and wide and size == 3 and x.dim() == 4):
        return F.conv2d(x, weight, bias, 1, size // 2)
    x = winograd_conv(x, weight)
    return x if bias is None else x + bias[:, None, None]
