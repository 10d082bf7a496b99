"""Importance sampling of a density on a box, with normal proposals that are cut off at its sides."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse.reproducible import generator, mixed_seed

TINY = 1e-12
WIDER = 1.2  # a proposal wider than its target loses samples, a narrower one loses the truth


@dataclass(frozen=True)
class Weighted:
    """Points that stand for a density.

    Attributes:
        points: (N, D).
        weights: (N,), of sum 1.
    """

    points: Tensor
    weights: Tensor

    @property
    def effective(self) -> float:
        """As many independent samples these points are worth: 1 / Σ w²."""
        return float(1 / self.weights.square().sum())

    @property
    def mean(self) -> Tensor:
        """(D,)."""
        return self.weights @ self.points

    @property
    def covariance(self) -> Tensor:
        """(D, D)."""
        off = self.points - self.mean
        return (off * self.weights[:, None]).T @ off

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """n points drawn by their weights, (n, D)."""
        return self.points[torch.multinomial(self.weights, n, replacement=True, generator=generator(seed))]


def propose(mean: Tensor, covariance: Tensor, n: int, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points in the unit box, one coordinate after the other, each from its normal conditional cut off at 0 and 1.

    This is the sampler of Geweke, Hajivassiliou and Keane. It is no truncated normal in more than one dimension,
    but its density is known exactly, and that is all that importance sampling asks.

    Args:
        mean: (D,), within the box.
        covariance: (D, D), positive definite.
        n: how many.
        draws: the source of randomness.

    Returns:
        Points (n, D) and their log-densities (n,), in nats.
    """
    factor = torch.linalg.cholesky(covariance)
    uniform = torch.rand(n, len(mean), generator=draws, dtype=mean.dtype)
    steps = torch.zeros(n, len(mean), dtype=mean.dtype)
    log_density = torch.zeros(n, dtype=mean.dtype)
    for i in range(len(mean)):
        middle, width = mean[i] + steps[:, :i] @ factor[i, :i], factor[i, i]
        below = torch.special.ndtr(-middle / width)
        share = (torch.special.ndtr((1 - middle) / width) - below).clamp_min(TINY)
        z = torch.special.ndtri((below + uniform[:, i] * share).clamp(TINY, 1 - TINY))
        steps[:, i] = torch.minimum(torch.maximum(z, -middle / width), (1 - middle) / width)
        log_density += -0.5 * steps[:, i].square() - 0.5 * math.log(2 * math.pi) - share.log() - width.log()
    return (mean + steps @ factor.T).clamp(0, 1), log_density


def importance_sample(
    log_likelihood: Callable[[Tensor], Tensor],
    mean: Tensor,
    covariance: Tensor,
    *,
    n: int,
    rounds: int,
    per_round: int,
    seed: int = 0,
) -> Weighted:
    """The posterior under a uniform prior on the unit box, by proposals that adapt.

    A round draws points, flattens the likelihood just so much that a fifth of them count, and takes the mean and
    covariance of what counts for the next proposal. The last draw is weighted by the whole likelihood, so the answer
    does not depend on how good the proposals are; how sure it is does, and `effective` tells.

    Args:
        log_likelihood: (N, D) points of the box → (N,) in nats, up to a constant.
        mean: (D,), of the first proposal.
        covariance: (D, D), of the first proposal.
        n: points of the answer.
        rounds: of adaptation.
        per_round: points of each.
        seed: of all draws.
    """
    for turn in range(rounds):
        points, log_density = propose(mean, covariance, per_round, generator(mixed_seed("adapt", seed, turn)))
        found = _tempered(points, log_likelihood(points), log_density, per_round / 5)
        mean = found.mean.clamp(0, 1)
        covariance = WIDER * found.covariance + 1e-10 * torch.eye(len(mean), dtype=mean.dtype)
    points, log_density = propose(mean, covariance, n, generator(mixed_seed("answer", seed)))
    return Weighted(points, (log_likelihood(points) - log_density).softmax(0))


def _tempered(points: Tensor, log_likelihood: Tensor, log_density: Tensor, enough: float) -> Weighted:
    """Weights under the highest power of the ratio, up to 1, at which the points are worth `enough`."""
    ratio = log_likelihood - log_density
    low, high = 0.0, 1.0
    if Weighted(points, ratio.softmax(0)).effective < enough:
        for _ in range(30):
            power = (low + high) / 2
            if Weighted(points, (power * ratio).softmax(0)).effective < enough:
                high = power
            else:
                low = power
    else:
        low = 1.0
    return Weighted(points, (low * ratio).softmax(0))
