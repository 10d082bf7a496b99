"""Log-likelihoods in the units that people compare. The only place of the course with a log 2 in it.

A *nat* is the unit of the natural logarithm; a bit is log 2 nats. Models of pixels are compared in bits per
dimension: the mean number of bits that an ideal code built on the model needs for one channel of one pixel.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG_2 = math.log(2.0)


def nats_to_bits(nats: Tensor) -> Tensor:
    """Nats to bits, any shape."""
    return nats / LOG_2


def bits_to_nats(bits: Tensor) -> Tensor:
    """Bits to nats, any shape."""
    return bits * LOG_2


def bits_per_dim(log_prob: Tensor, dims: int) -> Tensor:
    """−log p(x) / (D log 2), the code length of one dimension.

    Args:
        log_prob: log-probability of *whole-number* pixels, in nats, any shape. For the density of continuous
            values the number means something only beside the bin width; see `gmcourse.flows.Dequantized`.
        dims: D = C·H·W.

    Returns:
        Bits per dimension, the shape of log_prob. Lower is better; uniform noise of 256 levels has 8.

    Raises:
        ValueError: dims below 1.
    """
    if dims < 1:
        raise ValueError(f"dims is {dims}; expected C·H·W ≥ 1")
    return -log_prob / (dims * LOG_2)


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Mean of independent values (n,) and its standard error s/√n.

    Raises:
        ValueError: another shape, or fewer than two values.
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"got shape {tuple(values.shape)}; expected (n,) with n ≥ 2")
    values = values.double()
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def log_mean_exp(values: Tensor, dim: int) -> Tensor:
    """log of the mean of exp(values) along one dimension, without overflow."""
    return torch.logsumexp(values, dim) - math.log(values.shape[dim])
