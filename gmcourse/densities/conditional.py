"""A normal seen through a linear map: the density of what is seen, and of what lies behind it."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities.normal import Normal
from gmcourse.expect import matrices
from gmcourse.expect.door import door


@door(matrix="M D; full", noise="> 0")
def seen_through(normal: Normal, matrix: Tensor, noise: float) -> Normal:
    """Return the density of y = A x + noise · ε for x of this normal: N(A μ, A Σ Aᵀ + noise² I).

    A, (M, D), may be the averaging of neighbouring pixels. The noise is a standard deviation, in units of y.
    """
    expect.tensor("matrix", matrix, f"M {len(normal.mean)}")
    factor = matrix @ normal.chol  # (M, D)
    eye = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    return Normal(
        matrix @ normal.mean, matrices.cholesky("the covariance of y", factor @ factor.T + noise**2 * eye)
    )


@door(matrix="M D; full", seen="M; full", noise="> 0")
def condition(normal: Normal, matrix: Tensor, seen: Tensor, noise: float) -> Normal:
    """Compute p(x | y) for y = A x + noise · ε: Bayes' rule for normals, a normal again.

    Its mean is μ + K (y − A μ) and its covariance (I − K A) Σ with K = Σ Aᵀ (A Σ Aᵀ + noise² I)⁻¹, written
    below in Joseph's form, (I − K A) Σ (I − K A)ᵀ + noise² K Kᵀ, which rounding cannot make indefinite.
    Bishop 2006, eqs. 2.116 and 2.117, says the same with inverses of the covariances.
    Arguments as in `seen_through`; `seen` is y, (M,).
    """
    image = seen_through(normal, matrix, noise)
    gain = torch.cholesky_solve(matrix @ normal.covariance, image.chol).T  # K, (D, M)
    eye = torch.eye(len(normal.mean), dtype=matrix.dtype, device=matrix.device)
    left = (eye - gain @ matrix) @ normal.chol
    cov = left @ left.T + noise**2 * gain @ gain.T
    # what y fixes to within the noise has next to no variance left: rounding must not make it negative
    trace = 10 * torch.finfo(cov.dtype).eps * float(normal.covariance.diagonal().mean())
    return Normal(
        normal.mean + gain @ (seen - image.mean),
        matrices.cholesky("the covariance given y", cov + trace * eye),
    )
