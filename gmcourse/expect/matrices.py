"""Covariances and their factors, of which both halves are looked at: a factorisation reads only one."""

import torch
from torch import Tensor

from gmcourse.expect import refuse


def cholesky(name: str, cov: Tensor) -> Tensor:
    """Give the lower Cholesky factors (…, D, D) of covariances, all symmetric and positive definite."""
    size, off = (float(each.detach().abs().max()) for each in (cov, cov - cov.mT))
    if not off <= 1e-4 * size:
        raise ValueError(
            f"{name} is not symmetric, by {off:.2g}; expected a covariance: (A + A.mT) / 2 is one"
        )
    chol, info = torch.linalg.cholesky_ex(cov)
    if bool((info != 0).any()):
        raise ValueError(
            f"{name} is not positive definite; expected more points than dimensions, none of which is constant: "
            "give a larger ridge, structure='diagonal', or add a little to the diagonal"
        )
    return chol


def factor(name: str, chols: Tensor) -> None:
    """Refuse what is no lower Cholesky factor, of which one half would not be read."""
    if bool((chols != chols.tril()).any()) or bool((chols.diagonal(dim1=-2, dim2=-1) <= 0).any()):
        refuse(name, "no lower Cholesky factor", "zeros above a positive diagonal: torch.linalg.cholesky")
