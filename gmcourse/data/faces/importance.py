"""Importance sampling with proposals that adapt: mixtures of normals, beside which some events happen or not.

A point has D real coordinates, and after them E events that are 0 or 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

TAILS = ((0.8, 1.0), (0.2, 2.0))  # each part is two normals: their shares, and what multiplies the variance
LEAST = 0.02  # of the weight is shared by all parts, also those that no point speaks for yet
HEAVIEST = 4  # points beside which each round adds a part


@dataclass(frozen=True)
class Mixture:
    """Normals, each for one outcome of the events.

    Weights of the parts are (K,), of sum 1, means are points (K, D + E), and covariances of the coordinates
    (K, D, D), positive definite.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def draw(self, n: int, draws: torch.Generator) -> Tensor:
        """Draw n points, (n, D + E)."""
        part = torch.multinomial(self.weights, n, replacement=True, generator=draws)
        points, roots = self.means[part], torch.linalg.cholesky(self.covariances)[part]
        d = roots.shape[1]
        shares, wider = torch.tensor(TAILS).to(points).unbind(1)
        wider = wider[torch.multinomial(shares, n, replacement=True, generator=draws)]
        z = torch.randn(n, d, 1, generator=draws, dtype=points.dtype) * wider.sqrt()[:, None, None]
        points[:, :d] += (roots @ z)[:, :, 0]
        return points

    def log_parts(self, points: Tensor) -> Tensor:
        """Give log(weight · density) of points (N, D + E) under each part, in nats, (N, K)."""
        d, roots = self.covariances.shape[1], torch.linalg.cholesky(self.covariances)
        off = (points[:, None, :d] - self.means[:, :d]).permute(1, 2, 0)  # (K, D, N)
        squares = torch.linalg.solve_triangular(roots, off, upper=False).square().sum(1).T
        tails = [math.log(share) - 0.5 * (d * math.log(wider) + squares / wider) for share, wider in TAILS]
        volume = roots.diagonal(dim1=1, dim2=2).log().sum(1) + 0.5 * d * math.log(2 * math.pi)
        same = (points[:, None, d:] == self.means[:, d:]).all(2)
        return (torch.stack(tails).logsumexp(0) + self.weights.log() - volume).where(same, -torch.inf)


def effective(weights: Tensor) -> float:
    """How many independent samples weighted ones are worth: 1 / Σ w², for weights (N,) of sum 1."""
    return float(1 / weights.square().sum())


def importance_sample(
    log_density: Callable[[Tensor], Tensor],
    shape: Callable[[Tensor], tuple[Tensor, Tensor]],
    proposal: Mixture,
    draws: torch.Generator,
    *,
    enough: float,
    per_round: int = 400,
    rounds: int = 8,
) -> tuple[Tensor, Tensor]:
    """Sample in rounds, each from a proposal that learnt from all points before it (Cornuet et al. 2012).

    Every point is weighted by the density over the mixture of all proposals that were drawn from (arXiv:0907.1254).
    So no round is lost, and how good the proposals are decides only how sure the answer is, which `effective` tells.
    After a round the parts of the proposal are weighted by what the points say that they hold, and parts are added
    beside the heaviest points, which are near what it lacks (Raftery and Bao 2010). Returns points (N, D + E), and
    weights (N,) of sum 1.

    `log_density` maps points (N, D + E) to (N,) in nats, up to a constant, and `shape` to means (N, D + E) and
    covariances (N, D, D) of normals like the density near there. Rounds end when the points are worth `enough` draws.
    """
    proposals: list[Mixture] = []
    points, log_p = proposal.means[:0], proposal.weights[:0]
    for _ in range(rounds):
        proposals.append(proposal)
        more = proposal.draw(per_round, draws)
        points, log_p = torch.cat([points, more]), torch.cat([log_p, log_density(more)])
        log_q = torch.cat([each.log_parts(points) for each in proposals], 1).logsumexp(1)
        weights = (log_p - log_q).softmax(0)
        if effective(weights) >= enough:
            break
        heaviest, top = weights.topk(HEAVIEST)
        held = weights @ proposal.log_parts(points).softmax(1)
        held = torch.cat([(held + LEAST / len(held)) * (1 - heaviest.sum() / 2), heaviest / 2])
        old, new = (proposal.means, proposal.covariances), shape(points[top])
        proposal = Mixture(held / held.sum(), *(torch.cat(both) for both in zip(old, new, strict=True)))
    return points, weights
