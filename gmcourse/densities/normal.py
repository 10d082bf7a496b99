"""The normal distribution with a full, diagonal or spherical covariance, fitted by maximum likelihood."""

import math
from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

from gmcourse import expect

Structure = Literal["full", "diagonal", "spherical"]


@expect.door(x="N D; full", mean="D; full", weights="N; full, >= 0")
def covariance(x: Tensor, mean: Tensor, *, weights: Tensor | None = None, structure: Structure = "full") -> Tensor:
    """Compute the covariance (D, D) that maximises the likelihood: divided by N, with zeros as the structure says."""
    weights = x.new_ones(len(x)) if weights is None else weights
    centred = x - mean
    expect.number("the sum of weights", float((total := weights.sum()).detach()), above=0)
    if structure == "full":
        return (centred * weights[:, None]).T @ centred / total
    variances = (weights[:, None] * centred.square()).sum(0) / total
    return (variances if structure == "diagonal" else variances.mean().expand_as(variances)).diag()


def check_factor(name: str, chols: Tensor) -> None:
    """Refuse what is no lower Cholesky factor, of which one half would not be read."""
    if bool((chols != chols.tril()).any()) or bool((chols.diagonal(dim1=-2, dim2=-1) <= 0).any()):
        expect.refuse(name, "no lower Cholesky factor", "zeros above a positive diagonal: torch.linalg.cholesky")


def log_normals(x: Tensor, means: Tensor, chols: Tensor) -> Tensor:
    """log N(x; μ_k, L_k L_kᵀ) in nats for points (N, D), means (K, D), factors (K, D, D): shape (N, K)."""
    expect.tensor("x", x, f"N {means.shape[1]}", dtype="full")
    expect.same_device(x=x, means=means)
    centred = (x[None] - means[:, None]).mT  # (K, D, N)
    white = torch.linalg.solve_triangular(chols.to(centred), centred, upper=False)
    log_det = chols.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    constant = 0.5 * means.shape[1] * math.log(2 * math.pi)
    return (-0.5 * white.square().sum(1)).T - log_det - constant


def randn(n: int, dims: int, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw normal noise (n, dims) where the generator lives, of the dtype and device of `like`."""
    device = generator.device if generator is not None else like.device
    return torch.randn(n, dims, generator=generator, device=device, dtype=like.dtype).to(like.device)


@dataclass(frozen=True)
class Normal:
    """The normal N(μ, L Lᵀ): `mean` is μ, (D,), and `chol` L, the covariance's lower Cholesky factor, (D, D)."""

    mean: Tensor
    chol: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, mean="D; full", chol="D D; full")
        check_factor("chol", self.chol)

    @classmethod
    @expect.door(x="N D; full", ridge=">= 0")
    def fit(cls, x: Tensor, *, structure: Structure = "full", ridge: float = 0.0, shrink: bool = False) -> Self:
        """Fit a normal to points (N, D) by maximum likelihood.

        The ridge is added to every variance, in units of the data's squared. It is needed where a dimension is
        constant (the corner pixels of digits) or points are few. With `shrink` the covariance moves towards the
        spherical one, by the share of Chen et al. 2010 (eq. 23). Then fewer points than dimensions will do.
        """
        mean = x.sum(0) / len(x)
        cov = covariance(x, mean, structure=structure)
        eye = torch.eye(len(mean)).to(x)
        if shrink:
            dims, squares, trace = len(mean), cov.square().sum(), cov.trace()
            share = (1 - 2 / dims) * squares + trace.square()
            share = share / ((len(x) + 1 - 2 / dims) * (squares - trace.square() / dims))
            cov = cov.lerp(trace / dims * eye, share.nan_to_num(1.0).clamp(0, 1))
        return cls(mean, expect.cholesky("the covariance of x", cov + ridge * eye))

    @property
    def covariance(self) -> Tensor:
        """Return L Lᵀ, shape (D, D)."""
        return self.chol @ self.chol.T

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(x) in nats for points (N, D), shape (N,)."""
        return log_normals(x, self.mean[None], self.chol[None])[:, 0]

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n points μ + L ε with ε ~ N(0, I), (n, D)."""
        return self.mean + randn(n, len(self.mean), self.mean, generator) @ self.chol.T


@expect.door(matrix="M D; full", noise="> 0")
def seen_through(normal: Normal, matrix: Tensor, noise: float) -> Normal:
    """Return the density of y = A x + noise · ε for x of this normal: N(A μ, A Σ Aᵀ + noise² I).

    A, (M, D), may be the averaging of neighbouring pixels. The noise is a standard deviation, in units of y.
    """
    expect.tensor("matrix", matrix, f"M {len(normal.mean)}")
    factor = matrix @ normal.chol  # (M, D)
    eye = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    chol = expect.cholesky("the covariance of y", factor @ factor.T + noise**2 * eye)
    return Normal(matrix @ normal.mean, chol)


@expect.door(matrix="M D; full", seen="M; full", noise="> 0")
def condition(normal: Normal, matrix: Tensor, seen: Tensor, noise: float) -> Normal:
    """Compute p(x | y) for y = A x + noise · ε: Bayes' rule for normals, a normal again.

    Its mean is μ + K (y − A μ) and its covariance (I − K A) Σ with K = Σ Aᵀ (A Σ Aᵀ + noise² I)⁻¹, written below in
    Joseph's form, (I − K A) Σ (I − K A)ᵀ + noise² K Kᵀ, which rounding cannot make indefinite. Bishop 2006, eqs.
    2.116 and 2.117, says it with inverses of the covariances. Arguments as in `seen_through`; `seen` is y, (M,).
    """
    image = seen_through(normal, matrix, noise)
    gain = torch.cholesky_solve(matrix @ normal.covariance, image.chol).T  # K, (D, M)
    eye = torch.eye(len(normal.mean), dtype=matrix.dtype, device=matrix.device)
    left = (eye - gain @ matrix) @ normal.chol
    cov = left @ left.T + noise**2 * gain @ gain.T
    # what y fixes to within the noise has next to no variance left: rounding must not make it negative
    trace = 10 * torch.finfo(cov.dtype).eps * float(normal.covariance.diagonal().mean())
    chol = expect.cholesky("the covariance given y", cov + trace * eye)
    return Normal(normal.mean + gain @ (seen - image.mean), chol)
