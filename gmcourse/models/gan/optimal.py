"""The best discriminator, and what the game is worth, where both densities are known."""

import math

from torch import Tensor

from gmcourse.expect.door import door
from gmcourse.metrics.divergence import jensen_shannon_on_grid


@door(log_p="…; -inf", log_q="…; -inf")
def optimal_logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Compute the logit of D* = p/(p + q): simply log p − log q.

    Goodfellow et al. 2014 (arXiv:1406.2661), proposition 1.

    Log-densities of the data and of the samples at the same points, in nats and of any shape. D* = σ(logit) is ½
    where the two agree.
    """
    return log_p - log_q


def best_value(log_p: Tensor, log_q: Tensor, cell: float) -> float:
    """Compute max_D V = −log 4 + 2·JSD(p, q) in nats, by summing over a regular grid.

    Goodfellow et al. 2014, theorem 1: −log 4 = −1.386 where p = q, and 0 where the two never meet.

    Log-densities of the data and of the samples at the grid's points, (n,); `cell` is the area of one cell.
    """
    return float(-math.log(4) + 2 * jensen_shannon_on_grid(log_p, log_q, cell))
