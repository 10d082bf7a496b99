"""The normal whose covariance is a few directions and independent noise: factor analysis, at any dimension."""

import math
from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities.normal import randn

Noise = Literal["diagonal", "spherical"]


@dataclass(frozen=True)
class LowRankNormal:
    """N(μ, Λ Λᵀ + diag ψ): x = μ + Λ u + √ψ ⊙ ε. No matrix of D × D numbers is ever formed.

    With one ψ for all dimensions this is probabilistic PCA, with rank 0 it is a diagonal normal. `mean` is μ, (D,),
    `loadings` is Λ, (D, R), and `noise` has the variances ψ, (D,), above 0.
    """

    mean: Tensor
    loadings: Tensor
    noise: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, mean="D; full", loadings="D R; full, empty", noise="D; full")
        expect.number("the smallest of noise", float(self.noise.min()), above=0)

    @classmethod
    @expect.door(x="N D; full", rank=">= 0", steps=">= 0", floor="> 0")
    def fit(
        cls, x: Tensor, rank: int, *, structure: Noise = "diagonal", steps: int = 10, floor: float = 1e-6
    ) -> Self:
        """Find the leading principal directions, then make steps of EM for what differs by dimension.

        The rank R is below N and D. "spherical" noise has one variance, and the directions alone are the answer
        (Tipping & Bishop 1999, eqs. 7 and 8); "diagonal" noise has D, and takes the steps. `floor` is the least
        variance of the noise, in units of the data's squared.
        """
        expect.whole("rank", rank, least=0, most=min(x.shape) - 1)
        weights = x.new_ones(len(x))
        mean = weights @ x / len(x)
        scaled = (x - mean) * (weights / len(x)).sqrt()[:, None]
        variances, directions = leading(scaled, rank)
        rest = (scaled.square().sum() - variances.sum()) / (x.shape[1] - rank)
        loadings = directions * (variances - rest).clamp_min(0).sqrt()
        normal = cls(mean, loadings, rest.clamp_min(floor).expand(x.shape[1]).clone())
        for _ in range(0 if structure == "spherical" else steps if rank else 1):
            normal = normal.em_step(x, floor=floor)
        return normal

    @expect.door(x="N D; full", weights="N; full, >= 0", floor="> 0")
    def em_step(self, x: Tensor, weights: Tensor | None = None, *, floor: float = 1e-6) -> Self:
        """Make one step of EM (Rubin & Thayer 1982) at the data's mean: the likelihood never falls."""
        expect.tensor("x", x, f"N {len(self.mean)}", dtype="full")
        weights = x.new_ones(len(x)) if weights is None else weights
        total = weights.sum()
        expect.number("the sum of weights", float(total), above=0)
        mean = weights @ x / total
        centred = x - mean
        precise = self.loadings / self.noise[:, None]
        uncertain = torch.linalg.inv(self._inner())  # the covariance of u given x
        codes = centred @ (precise @ uncertain)  # the mean of u given x
        weighted = weights[:, None] * codes
        with_data = centred.T @ weighted  # (D, R)
        second = total * uncertain + codes.T @ weighted
        loadings = torch.linalg.solve(second, with_data.T).T
        spread = weights @ centred.square() - (loadings * with_data).sum(1)
        return type(self)(mean, loadings, (spread / total).clamp_min(floor))

    def _inner(self) -> Tensor:
        """Give I + Λᵀ diag(ψ)⁻¹ Λ, shape (R, R)."""
        scaled = self.loadings / self.noise.sqrt()[:, None]
        return scaled.T @ scaled + torch.eye(scaled.shape[1]).to(scaled)

    @expect.one_dtype
    def log_prob(self, x: Tensor) -> Tensor:
        """Give log p(x) in nats for points (N, D), shape (N,), by the lemmas of Woodbury and of Sylvester."""
        expect.tensor("x", x, f"N {len(self.mean)}", dtype="full")
        expect.same_device(x=x, mean=self.mean)
        white, scaled = (x - self.mean) / self.noise.sqrt(), self.loadings / self.noise.sqrt()[:, None]
        chol = torch.linalg.cholesky(self._inner())
        codes = torch.cholesky_solve((white @ scaled).T, chol).T
        # a sum of squares, since the usual difference of two large numbers has no digits left in float32
        squares = (white - codes @ scaled.T).square().sum(1) + codes.square().sum(1)
        log_det = self.noise.log().sum() + 2 * chol.diagonal().log().sum()
        return -0.5 * (squares + log_det + x.shape[1] * math.log(2 * math.pi))

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Give μ + Λ u + √ψ ⊙ ε for n draws of u and ε, (n, D)."""
        codes = randn(n, self.loadings.shape[1], self.mean, generator)
        noise = randn(n, len(self.mean), self.mean, generator)
        return self.mean + codes @ self.loadings.T + noise * self.noise.sqrt()


def leading(x: Tensor, rank: int, rounds: int = 4) -> tuple[Tensor, Tensor]:
    """Find the largest eigenvalues (R,) of xᵀx and their eigenvectors (D, R), by subspace iteration.

    Halko, Martinsson & Tropp 2011 (arXiv:0909.4061), algorithm 4.4, with ten directions more than are asked for.
    """
    if not rank:
        return x.new_zeros(0), x.new_zeros(x.shape[1], 0)
    start = torch.Generator().manual_seed(0)
    span = torch.randn(x.shape[1], min(rank + 10, *x.shape), generator=start).to(x)
    for _ in range(rounds):
        span = torch.linalg.qr(x.T @ (x @ span)).Q
    seen = x @ span
    values, vectors = torch.linalg.eigh(seen.T @ seen)
    return values.flip(0)[:rank], (span @ vectors.flip(1))[:, :rank]
