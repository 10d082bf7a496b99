"""Quality and coverage apart: precision and recall of a set of samples, by nearest neighbours."""

from __future__ import annotations

import torch
from torch import Tensor


def _features(**sets: Tensor) -> None:
    for name, features in sets.items():
        if features.ndim != 2:
            raise ValueError(f"{name} has shape {tuple(features.shape)}; expected features (N, D)")
    widths = {features.shape[1] for features in sets.values()}
    if len(widths) != 1:
        raise ValueError(f"features of different widths {sorted(widths)}; expected them equal")


def neighbour_radii(features: Tensor, k: int = 3) -> Tensor:
    """Distance of each feature vector to its k-th nearest other one, shape (N,).

    Raises:
        ValueError: k is not between 1 and N − 1.
    """
    _features(features=features)
    if not 1 <= k < len(features):
        raise ValueError(f"k is {k} for {len(features)} vectors; expected 1 ≤ k < {len(features)}")
    # the nearest vector is the vector itself, hence k + 1; exact differences, so that equal vectors give 0
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.kthvalue(k + 1, dim=1).values


def share_covered(points: Tensor, manifold: Tensor, k: int = 3) -> float:
    """Share of points that lie in the ball of some vector of `manifold`; see `neighbour_radii`.

    Args:
        points: features (N, D).
        manifold: features (M, D).
        k: which neighbour's distance is the radius.

    Returns:
        In [0, 1].

    Raises:
        ValueError: shapes or k that do not fit.
    """
    _features(points=points, manifold=manifold)
    distances = torch.cdist(points, manifold, compute_mode="donot_use_mm_for_euclid_dist")
    return float((distances <= neighbour_radii(manifold, k)).any(1).double().mean())


def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision: the share of samples that look real. Recall: the share of real data that is covered.

    Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1–2.

    Args:
        real: features (N, D).
        generated: features (M, D) of the samples.
        k: which neighbour's distance is the radius.

    Returns:
        Precision and recall in [0, 1]. Two sets of real data do not reach 1: print that pair as well.

    Raises:
        ValueError: shapes or k that do not fit.
    """
    return share_covered(generated, real, k), share_covered(real, generated, k)


def neighbour_purity(features: Tensor, labels: Tensor, k: int = 10) -> float:
    """Mean share of the k nearest other vectors that have the same label: 1 is perfect clusters.

    Args:
        features: (N, D).
        labels: (N,) classes.
        k: how many neighbours.

    Raises:
        ValueError: lengths differ, or k is not between 1 and N − 1.
    """
    _features(features=features)
    if len(labels) != len(features):
        raise ValueError(f"{len(labels)} labels for {len(features)} vectors; expected as many")
    if not 1 <= k < len(features):
        raise ValueError(f"k is {k} for {len(features)} vectors; expected 1 ≤ k < {len(features)}")
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(float("inf"))
    nearest = distances.topk(k, largest=False).indices
    return float((labels[nearest] == labels[:, None]).double().mean())
