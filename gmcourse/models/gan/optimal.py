"""The best discriminator, and what the game is worth, where both densities are known."""

from __future__ import annotations

import math

from torch import Tensor

from gmcourse.metrics.divergence import jensen_shannon_on_grid


def optimal_logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    """The logit of D* = p/(p + q): simply log p − log q.

    Goodfellow et al. 2014 (arXiv:1406.2661), proposition 1.

    Args:
        log_p: log-density of the data in nats, any shape.
        log_q: log-density of the samples at the same points.

    Returns:
        The same shape. D* = σ(logit) is ½ where the two densities agree.

    Raises:
        ValueError: shapes differ.
    """
    if log_p.shape != log_q.shape:
        raise ValueError(f"shapes {tuple(log_p.shape)} and {tuple(log_q.shape)}; expected them equal")
    return log_p - log_q


def best_value(log_p: Tensor, log_q: Tensor, cell: float) -> float:
    """max_D V = −log 4 + 2·JSD(p, q) in nats, by summing over a regular grid.

    Goodfellow et al. 2014, theorem 1: −log 4 = −1.386 where p = q, and 0 where the two never meet.

    Args:
        log_p: log-density of the data at the grid's points, (n,).
        log_q: log-density of the samples there.
        cell: area of one cell.
    """
    return float(-math.log(4) + 2 * jensen_shannon_on_grid(log_p, log_q, cell))
