"""What the two networks that measure faces learn from: many faces of all kinds, blurred and noisy."""

import torch
from torch import Tensor

from gmcourse.data import faces


def drawn_faces(device: torch.device, times: int = 1) -> tuple[Tensor, Tensor]:
    """Load the pixels of 38,000 faces, (N, 3, 32, 32) uint8, and attributes as shares of their ranges, (N, 18).

    There are `times` as many with detail.
    """
    sets = (True, times * 16_000, times * 10_000), (False, 8_000, 4_000)  # with detail or not: natural, uniform ones
    parts = [
        faces.load(n=n, detail=detail, distribution=name)
        for detail, *numbers in sets
        for name, n in zip(("natural", "uniform"), numbers, strict=True)
    ]
    pixels = torch.cat([part.pixels for part in parts])
    return pixels.to(device), faces.share_of_range(torch.cat([part.labels for part in parts])).to(device)


def blur(x: Tensor, sigma: Tensor) -> Tensor:
    """Each image (B, C, H, W) blurred by a Gaussian of its own width (B,) in pixels; 0 leaves it as it is."""

    def smoothing(side: int) -> Tensor:
        place = torch.arange(side, device=x.device)
        distance = (place[:, None] - place).square() / sigma.square().clamp_min(1e-6)[:, None, None]
        return (-0.5 * distance).softmax(-1)  # rows sum to 1, at the edges too

    return torch.einsum("bij,bcjk,blk->bcil", smoothing(x.shape[2]), x, smoothing(x.shape[3]))


def damaged(x: Tensor, most_blur: float, most_noise: float, whole: float = 1 / 3) -> tuple[Tensor, Tensor]:
    """Make pictures blurred and noisy, a share of them `whole` in each respect; with the amounts of both, (B, 2)."""
    amounts = (torch.rand(len(x), 2, device=x.device) - whole).clamp_min(0) / (1 - whole)
    x = blur(x, most_blur * amounts[:, 0])
    x = x + most_noise * amounts[:, 1, None, None, None] * torch.randn_like(x)
    return x.clamp(0, 1), amounts
