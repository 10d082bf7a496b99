"""The Fréchet distance between two sets of feature vectors, each taken as a normal distribution."""

import torch
from torch import Tensor

from gmcourse import expect


@expect.door(features="N D")
def mean_and_covariance(features: Tensor, *, unbiased: bool = True) -> tuple[Tensor, Tensor]:
    """Compute mean (D,) and covariance (D, D) of two or more features (N, D), in float64, over N − 1 or N."""
    expect.whole("the number of features", len(features), least=2)
    features = features.double()
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - int(unbiased))


@expect.door(features="N D", other="M D")
def frechet_distance(features: Tensor, other: Tensor, *, unbiased: bool = True) -> float:
    """Compute ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), the squared Fréchet distance of two fitted normals.

    With Inception features (N, D) this is the FID of Heusel et al. 2017 (arXiv:1706.08500), eq. 6; ours are stated
    beside every number, because distances on other features cannot be compared. It is biased upwards for few
    samples: always print beside it the distance of two sets of real data of the same sizes.

    The trace of (Σ₁Σ₂)^½ is taken from the eigenvalues of the symmetric Σ₁^½ Σ₂ Σ₁^½, which has the same
    trace and stays exact when there are fewer samples than dimensions.
    """
    mean, cov = mean_and_covariance(features, unbiased=unbiased)
    other_mean, other_cov = mean_and_covariance(other, unbiased=unbiased)
    values, vectors = torch.linalg.eigh(cov)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T  # tiny negative eigenvalues count as 0
    cross = torch.linalg.eigvalsh(root @ other_cov @ root).clamp_min(0).sqrt().sum()
    distance = (mean - other_mean).square().sum() + cov.trace() + other_cov.trace() - 2 * cross
    return float(distance.clamp_min(0))
