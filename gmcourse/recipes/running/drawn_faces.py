"""What the two networks that measure faces learn from: many faces of all kinds, blurred and noisy."""

import torch
from torch import Tensor

from gmcourse.data import faces
from gmcourse.data.blur import blur


def drawn_faces(device: torch.device) -> tuple[Tensor, Tensor]:
    """Load the pixels of 38,000 faces, (N, 3, 32, 32) uint8, and attributes as shares of their ranges, (N, 18)."""
    sets = (True, 16_000, 10_000), (False, 8_000, 4_000)  # with detail or not: natural, uniform ones
    parts = [
        faces.load(n=n, detail=detail, distribution=name)
        for detail, *numbers in sets
        for name, n in zip(("natural", "uniform"), numbers, strict=True)
    ]
    pixels = torch.cat([part.pixels for part in parts])
    return pixels.to(device), faces.share_of_range(torch.cat([part.labels for part in parts])).to(device)


def damaged(x: Tensor, most_blur: float, most_noise: float, whole: float = 1 / 3) -> tuple[Tensor, Tensor]:
    """Make pictures blurred and noisy, a share of them `whole` in each respect; with the amounts of both, (B, 2)."""
    amounts = (torch.rand(len(x), 2, device=x.device) - whole).clamp_min(0) / (1 - whole)
    x = blur(x, most_blur * amounts[:, 0])
    x = x + most_noise * amounts[:, 1, None, None, None] * torch.randn_like(x)
    return x.clamp(0, 1), amounts
