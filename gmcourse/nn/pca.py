"""Principal components: the best linear code of a given length, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PCA:
    """Projection to the directions of largest variance, and back.

    Attributes:
        mean: of the data, (D,).
        components: orthonormal columns, (D, K), the direction of largest variance first.
        variances: of the data along each of them, (K,), divided by N.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor

    @classmethod
    def fit(cls, x: Tensor, count: int) -> PCA:
        """The first `count` components of data (N, D).

        Raises:
            ValueError: data of another shape, or a count that is not between 1 and min(N, D).
        """
        if x.ndim != 2 or not x.is_floating_point():
            raise ValueError(f"got shape {tuple(x.shape)} of {x.dtype}; expected (N, D) in floating point")
        if not 1 <= count <= min(x.shape):
            raise ValueError(f"count is {count} for data {tuple(x.shape)}; expected 1 … {min(x.shape)}")
        mean = x.mean(0)
        _, singular, right = torch.linalg.svd(x - mean, full_matrices=False)
        return cls(mean, right[:count].T, singular[:count].square() / len(x))

    def encode(self, x: Tensor) -> Tensor:
        """Codes (N, K) of data (N, D)."""
        return (x - self.mean) @ self.components

    def decode(self, z: Tensor) -> Tensor:
        """Data (N, D) from codes (N, K)."""
        return z @ self.components.T + self.mean


def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Angles in radians between the spans of two sets of columns (D, K), the smallest first, shape (K,).

    All zero means that the two sets span the same subspace (Björck & Golub 1973). Small angles are taken from
    their sines: the arc cosine loses half of the digits near 1.

    Raises:
        ValueError: shapes differ.
    """
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(f"shapes {tuple(a.shape)} and {tuple(b.shape)}; expected two equal (D, K)")
    a, b = torch.linalg.qr(a).Q, torch.linalg.qr(b).Q
    cosines = torch.linalg.svdvals(a.T @ b).clamp(0, 1)
    sines = torch.linalg.svdvals(b - a @ (a.T @ b)).clamp(0, 1).flip(0)
    return torch.where(cosines.square() > 0.5, sines.asin(), cosines.acos())
