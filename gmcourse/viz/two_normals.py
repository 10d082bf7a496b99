"""The widget of lesson 01: two normals to be pushed about, with what follows from them by Bayes' rule."""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import MultivariateNormal

from gmcourse import expect
from gmcourse.reproducible import generator
from gmcourse.viz.boundary import posterior, two_classes
from gmcourse.viz.look import bare
from gmcourse.viz.plane import Extent, density, grid

EXTENT: Extent = (-5.0, 5.0, -4.0, 4.0)


@expect.drawing(width="> 0", correlation="> -1 < 1", share="> 0 < 1")
def normals(
    x: float, y: float, width: float, correlation: float, share: float
) -> tuple[Tensor, list[MultivariateNormal]]:
    """Make log p(y), (2,), and the densities: N(0, I) moved to (−1.2, 0), and one of the given place and shape."""
    shape = width**2 * torch.tensor([[1.0, correlation], [correlation, 1.0]])
    first = MultivariateNormal(torch.tensor([-1.2, 0.0]), torch.eye(2))
    second = MultivariateNormal(torch.tensor([float(x), float(y)]), shape)
    return torch.tensor([1 - share, share]).log(), [first, second]


@expect.drawing(log_prior="2; -inf", densities="2:", size=">= 2")
def error_of(log_prior: Tensor, densities: list[MultivariateNormal], size: int = 240) -> float:
    """Sum ∫ min_y p(x, y) dx over a grid of the extent: what the best classifier gets wrong."""
    where = grid(EXTENT, size)
    joint = torch.stack([d.log_prob(where) for d in densities], 1) + log_prior
    cell = (EXTENT[1] - EXTENT[0]) * (EXTENT[3] - EXTENT[2]) / (size - 1) ** 2
    return float(joint.exp().amin(1).sum() * cell)


@expect.drawing(width="> 0", correlation="> -1 < 1", orange_share="> 0 < 1")
def two_normals(
    x: float = 1.2, y: float = 0.6, width: float = 0.8, correlation: float = 0.5, orange_share: float = 0.5
) -> Figure:
    """Draw boundary, density and samples of a blue normal that stays and an orange one that is moved.

    The width is the standard deviation of the orange class in both directions, and the correlation says how its two
    coordinates go together; its share is p(y = orange).
    """
    log_prior, densities = normals(x, y, width, correlation, orange_share)

    def log_joint(points: Tensor) -> Tensor:
        return torch.stack([d.log_prob(points) for d in densities], 1) + log_prior

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    posterior(lambda points: log_joint(points.float()).log_softmax(1), EXTENT, axes[0])
    axes[0].set_title(f"boundary; best error {100 * error_of(log_prior, densities):.1f} %")
    density(lambda points: log_joint(points).logsumexp(1), EXTENT, axes[1], title="density p(x)")
    g = generator(0)
    labels = (torch.rand(400, generator=g) < math.exp(float(log_prior[1]))).long()
    noise = torch.randn(400, 2, generator=g)
    means = torch.stack([d.mean for d in densities])[labels]
    factors = torch.stack([d.scale_tril for d in densities])[labels]
    two_classes(means + (factors @ noise[..., None])[..., 0], labels, axes[2])
    axes[2].set(xlim=EXTENT[:2], ylim=EXTENT[2:], title="400 samples")
    for ax in axes:
        bare(ax)
    return figure
