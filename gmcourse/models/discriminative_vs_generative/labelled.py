"""What every function of the chapter asks of labelled data."""

from __future__ import annotations

import torch
from torch import Tensor


def check_labelled(x: Tensor, y: Tensor, classes: int) -> None:
    """Raise `ValueError` unless x is (N, D) in floating point and y (N,) int64 in 0 … classes − 1."""
    if classes < 2:
        raise ValueError(f"classes is {classes}; expected at least 2")
    if x.ndim != 2 or not x.is_floating_point():
        raise ValueError(f"got shape {tuple(x.shape)} of {x.dtype}; expected (N, D) in floating point")
    if y.dtype != torch.int64 or y.shape != x.shape[:1] or len(y) == 0:
        raise ValueError(f"labels {tuple(y.shape)} of {y.dtype}; expected ({len(x)},) of torch.int64, N ≥ 1")
    low, high = y.aminmax()
    if low < 0 or high >= classes:
        raise ValueError(f"labels in {int(low)} … {int(high)}; expected 0 … {classes - 1}")
