"""Principal components: the best linear code of a given length, in closed form."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse import expect


@dataclass(frozen=True)
class PCA:
    """Projection to the directions of largest variance, and back.

    `mean` is that of the data, (D,); `components` are orthonormal columns, (D, K), the direction of largest variance
    first; `variances` are those of the data along each of them, (K,), divided by N.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, mean="D; full", components="D K; full", variances="K; full")

    @classmethod
    @expect.door(x="N D; full")
    def fit(cls, x: Tensor, count: int) -> "PCA":
        """The first `count` components of data (N, D); there are min(N, D) of them."""
        expect.whole("count", count, least=1, most=min(x.shape))
        mean = x.mean(0)
        _, singular, right = torch.linalg.svd(x - mean, full_matrices=False)
        return cls(mean, right[:count].T, singular[:count].square() / len(x))

    def encode(self, x: Tensor) -> Tensor:
        """Compute codes (N, K) of data (N, D)."""
        expect.tensor("x", x, f"N {len(self.mean)}", dtype="full")
        return (x - self.mean.to(x)) @ self.components.to(x)

    def decode(self, z: Tensor) -> Tensor:
        """Compute data (N, D) from codes (N, K)."""
        expect.tensor("z", z, f"N {len(self.variances)}", dtype="full")
        return z @ self.components.T.to(z) + self.mean.to(z)


@expect.door(a="D K; full", b="D K; full")
def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Measure the angles in radians between the spans of two sets of columns (D, K), the smallest first, (K,).

    All zero means that the two sets span the same subspace (Björck & Golub 1973). Small angles are taken from
    their sines: the arc cosine loses half of the digits near 1.
    """
    a, b = torch.linalg.qr(a).Q, torch.linalg.qr(b).Q
    cosines = torch.linalg.svdvals(a.T @ b).clamp(0, 1)
    sines = torch.linalg.svdvals(b - a @ (a.T @ b)).clamp(0, 1).flip(0)
    return torch.where(cosines.square() > 0.5, sines.asin(), cosines.acos())
