"""Quality and coverage apart: precision and recall by nearest neighbours, or by known modes."""

import torch
from torch import Tensor

from gmcourse import expect


def _exact(points: Tensor, others: Tensor) -> Tensor:
    """Distances from differences: equal points have 0, and it does not matter how far from the origin they lie."""
    return torch.cdist(points, others, compute_mode="donot_use_mm_for_euclid_dist")


@expect.door(points="N D", others="M D")
def distances(points: Tensor, others: Tensor) -> Tensor:
    """Compute the Euclidean distances (N, M) of points (N, D) and (M, D), in float64, from differences."""
    return _exact(points.double(), others.double())


def _products(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, float]:
    """|x|² (N,), |y|² (M,) and −2 x·y (N, M), whose sum is a squared distance, and by how much that may be wrong.

    This is several times as fast as differences. What it leaves open is looked at again by these.
    """
    centre = y.mean(0)
    x, y = x - centre, y - centre
    of_x, of_y = x.square().sum(1), y.square().sum(1)
    error = 1e-15 * (x.shape[1] + 8) * float(torch.cat([of_x, of_y]).max())
    return of_x, of_y, (x @ y.T).mul_(-2), error


@expect.door(features="N D", k=">= 1 < N")
def neighbour_radii(features: Tensor, k: int = 3) -> Tensor:
    """Measure the distance of each feature vector (N, D) to its k-th nearest other one, shape (N,), in float64."""
    x = features.double()
    _, sizes, products, error = _products(x, x)
    # the nearest vector is the vector itself, hence k + 1; one more says whether these are surely the nearest
    nearest, which = products.add_(sizes).topk(min(k + 2, len(x)), largest=False)
    radii = _exact(x[:, None], x[which[:, : k + 1]]).amax((1, 2))
    unsure = nearest[:, -1] - nearest[:, k] <= 2 * error
    if unsure.any():
        radii[unsure] = _exact(x[unsure], x).kthvalue(k + 1, dim=1).values
    return radii


def _share(points: Tensor, manifold: Tensor, radii: Tensor, found: tuple[Tensor, Tensor, Tensor, float]) -> float:
    """The share of points in the ball of some vector of the manifold; see `_products` for what was found."""
    of_points, of_manifold, products, error = found
    margin = of_points + (products + (of_manifold - radii.square())).amin(1)
    inside, unsure = margin < 0, margin.abs() <= 2 * error
    if unsure.any():
        inside[unsure] = (_exact(points[unsure], manifold) <= radii).any(1)
    return float(inside.double().mean())


@expect.door(real="N D", generated="M D", k=">= 1 < N")
def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision: the share of samples that look real. Recall: the share of real data that is covered.

    Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1–2. Two sets of real data do not reach 1: print that pair too.
    `k` says which neighbour's distance is the radius.
    """
    x, y = generated.double(), real.double()
    of_x, of_y, products, error = _products(x, y)
    precision = _share(x, y, neighbour_radii(y, k), (of_x, of_y, products, error))
    return precision, _share(y, x, neighbour_radii(x, k), (of_y, of_x, products.T, error))


@expect.door(features="N D", labels="N; integer", k=">= 1 < N")
def neighbour_purity(features: Tensor, labels: Tensor, k: int = 10) -> float:
    """Average the share of the k nearest others (N, D) that have the same label; equally far ones count in part."""
    apart = distances(features, features).fill_diagonal_(float("inf"))
    edge = apart.topk(k, largest=False).values[:, -1:]
    inside, ties, same = apart < edge, apart == edge, labels == labels[:, None]
    share = (k - inside.sum(1)).double() / ties.sum(1)
    return float(((inside & same).sum(1) + share * (ties & same).sum(1)).mean() / k)


@expect.door(samples="n D", centres="K D", sigma="> 0")
def modes_and_quality(samples: Tensor, centres: Tensor, sigma: float) -> tuple[int, float]:
    """How many modes have a good sample, and what share of the samples is good.

    A sample is good if it lies within three standard deviations of the centre nearest to it; a mode is hit
    if a good sample lies at it (Srivastava et al. 2017, arXiv:1705.07761, section 4.1, with 2,500 samples).
    Samples of the truth in the plane have the share 1 − exp(−9/2) = 0.989.
    """
    distance, nearest = distances(samples, centres).min(1)
    good = distance <= 3 * sigma
    return int(nearest[good].unique().numel()), float(good.double().mean())
