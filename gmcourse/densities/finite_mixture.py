"""Mixtures of any densities, one a class; and of normals of low rank, fitted by k-means and EM."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities.low_rank import LowRankNormal
from gmcourse.densities.mixture import TOLERANCE, spread_out


@runtime_checkable
class Density(Protocol):
    """What a mixture is made of, and what a class needs: a closed form, a toy density or a flow will do."""

    def log_prob(self, x: Tensor, /) -> Tensor:
        """Give log p(x) in nats for points (N, D), shape (N,)."""

    def sample(self, n: int, /, generator: torch.Generator | None = None) -> Tensor:
        """Draw n points, (n, D)."""


Part = TypeVar("Part", bound=Density)


@dataclass(frozen=True)
class FiniteMixture(Generic[Part]):
    """p(x) = Σ_k π_k p_k(x): `log_weights` has log π_k, (K,), and `parts` the K densities p_k, of any kind."""

    log_weights: Tensor
    parts: Sequence[Part]

    def __post_init__(self) -> None:
        expect.fields(self, log_weights="K; full, -inf", parts="K:")
        expect.number("Σ exp(log_weights)", float(self.log_weights.detach().exp().sum()), least=0.99, most=1.01)
        for number, part in enumerate(self.parts):
            if not hasattr(part, "log_prob"):
                expect.refuse(f"parts[{number}]", expect.described(part), "a density, with log_prob and sample")

    @classmethod
    @expect.door(x="N D; full", labels="N; integer")
    def by_class(cls, fit: Callable[[Tensor], Part], x: Tensor, labels: Tensor) -> "FiniteMixture[Part]":
        """Fit one density for each class of data (N, D), weighted as often as the class occurs."""
        classes, counts = labels.unique(return_counts=True)
        parts = [fit(x[labels == each]) for each in classes]
        return FiniteMixture((counts.to(x) / len(x)).log(), parts)

    def log_joint(self, x: Tensor) -> Tensor:
        """Give log π_k + log p_k(x) in nats for points (N, D), shape (N, K)."""
        each = torch.stack([part.log_prob(x) for part in self.parts], 1)
        return each + self.log_weights.to(each)

    def log_prob(self, x: Tensor) -> Tensor:
        """Give log p(x) in nats for points (N, D), shape (N,)."""
        return self.log_joint(x).logsumexp(1)

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Take a part at random for each of n points, then a draw from it, (n, D)."""
        return self.draw(n, generator)[0]

    @expect.door(n=">= 1")
    def draw(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Draw n points, (n, D), and for each the number of the part that it was drawn from, (n,)."""
        weights = self.log_weights.exp().to(generator.device if generator is not None else "cpu")
        which = torch.multinomial(weights, n, replacement=True, generator=generator)
        drawn = {k: self.parts[k].sample(int((which == k).sum()), generator) for k in which.unique().tolist()}
        first = next(iter(drawn.values()))
        points, which = first.new_empty(n, *first.shape[1:]), which.to(first.device)
        for k, some in drawn.items():
            points[which == k] = some
        return points, which


class LowRankMixture(FiniteMixture[LowRankNormal]):
    """A mixture of factor analysers (Ghahramani & Hinton 1996); with rank 0, of diagonal normals."""

    @classmethod
    @expect.door(x="N D; full", components=">= 1 <= N", rank=">= 0", steps=">= 0", floor="> 0")
    def fit(
        cls,
        x: Tensor,
        components: int,
        rank: int,
        *,
        steps: int = 10,
        floor: float = 1e-6,
        generator: torch.Generator | None = None,
    ) -> Self:
        """k-means, a normal of low rank for each cluster, then EM until a step gains less than 1e-4 nats a point.

        The rank of each normal is at most `rank`; a cluster of few points has fewer directions. `floor` is the least
        variance of the noise, in units of the data's squared. It has to be well above 0 where a dimension is
        constant, or a component closes in on few points.
        """
        nearest = k_means(x, components, generator=generator)
        clusters, counts = nearest.unique(return_counts=True)
        parts = []
        for each, count in zip(clusters, counts.tolist(), strict=True):
            directions = max(0, min(rank, count - 1, x.shape[1] - 1))
            parts.append(LowRankNormal.fit(x[nearest == each], directions, steps=3, floor=floor))
        mixture, before = cls((counts.to(x) / len(x)).log(), parts), -math.inf
        for _ in range(steps):
            mixture, now = mixture.em_step(x, floor=floor)
            if now - before < TOLERANCE:
                break
            before = now
        return mixture

    @expect.door(x="N D; full", floor="> 0")
    def em_step(self, x: Tensor, *, floor: float = 1e-6) -> tuple[Self, float]:
        """Make one step of EM: the next mixture, and the mean log-likelihood of this one, which never falls."""
        log_joint = self.log_joint(x)
        shares = log_joint.softmax(1)
        counts = shares.sum(0).clamp_min(1e-8)
        parts = []
        for part, share in zip(self.parts, shares.T, strict=True):
            on = share > 1e-9  # in many dimensions nearly every point belongs to one component
            parts.append(part.em_step(x[on], share[on], floor=floor) if bool(on.any()) else part)
        return type(self)((counts / counts.sum()).log(), parts), float(log_joint.logsumexp(1).mean())


@expect.door(x="N D; full", clusters=">= 1 <= N")
def k_means(x: Tensor, clusters: int, *, generator: torch.Generator | None = None) -> Tensor:
    """The cluster of each point (N, D), shape (N,), by twenty of Lloyd's rounds at most, from a k-means++ start."""
    centres = spread_out(x, clusters, generator)
    for _ in range(20):
        nearest = torch.cdist(x, centres).argmin(1)
        counts = nearest.bincount(minlength=clusters).to(x)
        sums = torch.zeros_like(centres).index_add_(0, nearest, x)
        moved = torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return torch.cdist(x, centres).argmin(1)
