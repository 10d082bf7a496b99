"""Quality and coverage apart: precision and recall of a set of samples, by nearest neighbours."""

import torch
from torch import Tensor

from gmcourse.expect.door import door


@door(points="N D", others="M D")
def distances(points: Tensor, others: Tensor) -> Tensor:
    """Compute the Euclidean distances (N, M) of points (N, D) and (M, D), in float64.

    They are taken from differences, not from squares and products: equal points have distance 0, and it does
    not matter how far from the origin the points lie.
    """
    return torch.cdist(points.double(), others.double(), compute_mode="donot_use_mm_for_euclid_dist")


@door(features="N D", k=">= 1 < N")
def neighbour_radii(features: Tensor, k: int = 3) -> Tensor:
    """Measure the distance of each feature vector (N, D) to its k-th nearest other one, shape (N,), in float64."""
    # the nearest vector is the vector itself, hence k + 1
    return distances(features, features).kthvalue(k + 1, dim=1).values


@door(points="N D", manifold="M D", k=">= 1 < M")
def share_covered(points: Tensor, manifold: Tensor, k: int = 3) -> float:
    """Measure the share of points (N, D) in the ball of some vector of `manifold` (M, D); see `neighbour_radii`."""
    return float((distances(points, manifold) <= neighbour_radii(manifold, k)).any(1).double().mean())


@door(real="N D", generated="M D", k=">= 1 < N")
def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision: the share of samples that look real. Recall: the share of real data that is covered.

    Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1–2. Two sets of real data do not reach 1: print that pair too.
    `k` says which neighbour's distance is the radius.
    """
    return share_covered(generated, real, k), share_covered(real, generated, k)


@door(features="N D", labels="N; integer", k=">= 1 < N")
def neighbour_purity(features: Tensor, labels: Tensor, k: int = 10) -> float:
    """The mean share of the k nearest other vectors (N, D) that have the same label: 1 is perfect clusters."""
    nearest = distances(features, features).fill_diagonal_(float("inf")).topk(k, largest=False).indices
    return float((labels[nearest] == labels[:, None]).double().mean())
