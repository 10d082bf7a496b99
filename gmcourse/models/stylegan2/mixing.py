"""Style mixing: coarse layers take their style from one picture, fine layers from another."""

from __future__ import annotations

import torch
from torch import Tensor


def mix(ws: Tensor, other: Tensor, crossover: int) -> Tensor:
    """The first `crossover` styles of `ws`, the rest of `other`: (B, L, w_dim).

    StyleGAN (arXiv:1812.04948), section 3.1. Styles 0–1 belong to 4×4, 1–3 to 8×8, 3–5 to 16×16, and so on.

    Args:
        ws: (B, L, w_dim).
        other: the same shape.
        crossover: 0 … L; L takes everything from `ws`.

    Raises:
        ValueError: shapes that differ, or no such layer.
    """
    if ws.ndim != 3 or ws.shape != other.shape:
        raise ValueError(
            f"shapes {tuple(ws.shape)} and {tuple(other.shape)}; expected two equal (B, L, w_dim)"
        )
    if not 0 <= crossover <= ws.shape[1]:
        raise ValueError(f"crossover is {crossover}; there are {ws.shape[1]} styles")
    return torch.cat([ws[:, :crossover], other[:, crossover:]], 1)


def mix_at_random(ws: Tensor, other: Tensor, probability: float) -> Tensor:
    """With a probability, `mix` at a crossover drawn from 1 … L − 1; else `ws`. One draw for the batch.

    Training does this so that neighbouring layers do not rely on sharing a style. The draws come from torch's
    global generator, which `gmcourse.training.fit` seeds for each step.

    Args:
        ws: (B, L, w_dim).
        other: the same shape.
        probability: of mixing.

    Raises:
        ValueError: a probability outside [0, 1].
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"the probability of mixing is {probability}; expected a number in [0, 1]")
    if float(torch.rand(())) >= probability:
        return ws
    return mix(ws, other, int(torch.randint(1, ws.shape[1], ())))
