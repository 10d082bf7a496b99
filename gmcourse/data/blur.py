"""Gaussian blur with a width of its own for each picture."""

import torch
from torch import Tensor

from gmcourse import expect


@expect.door(x="B C H W; unseen", sigma="B; unseen")
def blur(x: Tensor, sigma: Tensor) -> Tensor:
    """Each image (B, C, H, W) blurred by a Gaussian of its own width (B,) in pixels; 0 leaves it as it is."""

    def smoothing(side: int) -> Tensor:
        place = torch.arange(side, device=x.device)
        distance = (place[:, None] - place).square() / sigma.square().clamp_min(1e-6)[:, None, None]
        return (-0.5 * distance).softmax(-1)  # rows sum to 1, at the edges too

    return torch.einsum("bij,bcjk,blk->bcil", smoothing(x.shape[2]), x, smoothing(x.shape[3]))
