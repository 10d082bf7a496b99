"""The normal distribution with a full, diagonal or spherical covariance, fitted by maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Structure = Literal["full", "diagonal", "spherical"]
STRUCTURES = ("full", "diagonal", "spherical")


def check_data(x: Tensor, least: int = 1) -> None:
    """Raise `ValueError` unless x is finite data (N, D) in floating point with N at least `least`."""
    if x.ndim != 2 or len(x) < least or not x.is_floating_point():
        raise ValueError(
            f"got shape {tuple(x.shape)} of {x.dtype}; expected (N, D) in floating point, N ≥ {least}"
        )
    if not torch.isfinite(x).all():
        raise ValueError("the data holds NaN or infinity; look at where it comes from")


def covariance(
    x: Tensor, mean: Tensor, *, weights: Tensor | None = None, structure: Structure = "full"
) -> Tensor:
    """The covariance (D, D) that maximises the likelihood: divided by N, with zeros where the structure says.

    Args:
        x: data (N, D).
        mean: (D,).
        weights: (N,) ≥ 0, of each point; by default all equal.
        structure: "full", "diagonal" (the dimensions are independent) or "spherical" (and equally wide).

    Raises:
        ValueError: an unknown structure.
    """
    if structure not in STRUCTURES:
        raise ValueError(f"structure is {structure!r}; expected one of {', '.join(STRUCTURES)}")
    weights = x.new_ones(len(x)) if weights is None else weights
    centred = x - mean
    total = weights.sum()
    if structure == "full":
        return (centred * weights[:, None]).T @ centred / total
    variances = (weights[:, None] * centred.square()).sum(0) / total
    if structure == "spherical":
        variances = variances.mean().expand_as(variances)
    return variances.diag()


def cholesky(cov: Tensor) -> Tensor:
    """The lower Cholesky factors of covariances (..., D, D).

    Raises:
        ValueError: one of them is not positive definite.
    """
    chol, info = torch.linalg.cholesky_ex(cov)
    if (info != 0).any():
        raise ValueError(
            "a covariance is not positive definite: fewer points than dimensions, or a constant one. "
            "Give a larger ridge, or structure='diagonal'"
        )
    return chol


def log_normals(x: Tensor, means: Tensor, chols: Tensor) -> Tensor:
    """log N(x; μ_k, L_k L_kᵀ) in nats for points (N, D), means (K, D), factors (K, D, D): shape (N, K)."""
    if x.ndim != 2 or x.shape[1] != means.shape[1]:
        raise ValueError(f"got shape {tuple(x.shape)}; expected points (N, {means.shape[1]})")
    centred = (x[None] - means[:, None]).mT  # (K, D, N)
    white = torch.linalg.solve_triangular(chols, centred, upper=False)
    log_det = chols.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    constant = 0.5 * means.shape[1] * math.log(2 * math.pi)
    return (-0.5 * white.square().sum(1)).T - log_det - constant


def randn(n: int, dims: int, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Normal noise (n, dims) drawn where the generator lives, of the dtype and device of `like`."""
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1")
    device = generator.device if generator is not None else like.device
    return torch.randn(n, dims, generator=generator, device=device, dtype=like.dtype).to(like.device)


@dataclass(frozen=True)
class Normal:
    """N(μ, L Lᵀ).

    Attributes:
        mean: μ, shape (D,).
        chol: L, the lower Cholesky factor of the covariance, shape (D, D).
    """

    mean: Tensor
    chol: Tensor

    @classmethod
    def fit(
        cls,
        x: Tensor,
        *,
        structure: Structure = "full",
        ridge: float = 0.0,
        weights: Tensor | None = None,
    ) -> Normal:
        """Maximum likelihood.

        Args:
            x: data (N, D).
            structure: see `covariance`.
            ridge: added to every variance, in units of the data's squared. Needed where a dimension is
                constant (the corner pixels of digits) or points are few.
            weights: (N,) ≥ 0, of each point.

        Raises:
            ValueError: data of another shape or not finite, weights that do not fit, or a covariance that
                is not positive definite.
        """
        check_data(x)
        if ridge < 0:
            raise ValueError(f"ridge is {ridge}; expected 0 or more")
        if weights is None:
            weights = x.new_ones(len(x))
        if weights.shape != (len(x),) or bool((weights < 0).any()) or not bool(weights.sum() > 0):
            raise ValueError(f"weights of shape {tuple(weights.shape)}; expected ({len(x)},), ≥ 0, not all 0")
        mean = (weights[:, None] * x).sum(0) / weights.sum()
        cov = covariance(x, mean, weights=weights, structure=structure)
        return cls(mean, cholesky(cov + ridge * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)))

    @property
    def covariance(self) -> Tensor:
        """L Lᵀ, shape (D, D)."""
        return self.chol @ self.chol.T

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats for points (N, D), shape (N,)."""
        return log_normals(x, self.mean[None], self.chol[None])[:, 0]

    def entropy(self) -> Tensor:
        """½ log det(2πe Σ) in nats: −E log p(x), a scalar."""
        dims = len(self.mean)
        return 0.5 * dims * (1 + math.log(2 * math.pi)) + self.chol.diagonal().log().sum()

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """μ + L ε for n draws of ε ~ N(0, I), (n, D)."""
        return self.mean + randn(n, len(self.mean), self.mean, generator) @ self.chol.T
