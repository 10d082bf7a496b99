"""Pixels with fewer grey values than the camera gave them."""

from __future__ import annotations

import torch
from torch import Tensor

from gmcourse.expect.door import door

FIVE_BITS = 32  # grey values


@door(pixels="; real, >= 0 <= 255")
def five_bits(pixels: Tensor) -> Tensor:
    """Whole numbers 0 … 255 → 0 … 31: the three lowest bits, mostly grain, are dropped.

    Kingma and Dhariwal 2018 (arXiv:1807.03039), section 6.
    """
    return pixels.div(256 // FIVE_BITS, rounding_mode="floor").to(torch.uint8)
