"""The widget of lesson 01: two normals to be pushed about, with what follows from them by Bayes' rule."""

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
FINE = 240  # points of the grid on which the error is summed, along each side


@expect.drawing(width="> 0", correlation="> -1 < 1", orange_share="> 0 < 1")
def two_normals(
    x: float = 1.2, y: float = 0.6, width: float = 0.8, correlation: float = 0.5, orange_share: float = 0.5
) -> Figure:
    """Draw boundary, density and samples of a blue normal that stays and an orange one that is moved.

    The width is the standard deviation of the orange class in both directions, and the correlation says how its two
    coordinates go together; its share is p(y = orange).
    """
    bent = width**2 * torch.tensor([[1.0, correlation], [correlation, 1.0]])
    blue = MultivariateNormal(torch.tensor([-1.2, 0.0]), torch.eye(2))
    classes = blue, MultivariateNormal(torch.tensor([float(x), float(y)]), bent)
    shares = torch.tensor([1 - orange_share, orange_share])

    def log_joint(points: Tensor) -> Tensor:
        return torch.stack([each.log_prob(points) for each in classes], 1) + shares.log()

    # ∫ min_y p(x, y) dx: what the best classifier gets wrong
    cell = (EXTENT[1] - EXTENT[0]) * (EXTENT[3] - EXTENT[2]) / (FINE - 1) ** 2
    error = float(log_joint(grid(EXTENT, FINE)).exp().amin(1).sum() * cell)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    posterior(lambda points: log_joint(points.float()).log_softmax(1), EXTENT, axes[0])
    axes[0].set_title(f"boundary; best error {100 * error:.1f} %")
    density(lambda points: log_joint(points).logsumexp(1), EXTENT, axes[1], title="density p(x)")
    g = generator(0)
    labels = (torch.rand(400, generator=g) < orange_share).long()
    noise = torch.randn(400, 2, generator=g)
    means = torch.stack([each.mean for each in classes])[labels]
    factors = torch.stack([each.scale_tril for each in classes])[labels]
    two_classes(means + (factors @ noise[..., None])[..., 0], labels, axes[2])
    axes[2].set(xlim=EXTENT[:2], ylim=EXTENT[2:], title="400 samples")
    for ax in axes:
        bare(ax)
    return figure
