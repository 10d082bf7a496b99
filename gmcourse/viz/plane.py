"""The plane: densities, points, and two classes with the boundary between them of a model, asked in float64."""

from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import MultivariateNormal

from gmcourse import expect
from gmcourse.reproducible import generator
from gmcourse.viz.palette import BLUE, CLASSES, DENSITY, INK, ORANGE, PAPER, bare

Extent = tuple[float, float, float, float]
SIZE = 160  # points of a grid along each side
LogPosterior = Callable[[Tensor], Tensor]
# from class 0 to class 1, the colours in which their points are drawn; paper where nobody knows
SURE = LinearSegmentedColormap.from_list("sure", ["#A5CBE6", "#D6E8F4", PAPER, "#FCEED0", "#F6D98F"])
MARKERS = ("o", "^")
FINER = 180  # of a grid for a boundary


@expect.drawing(size=">= 2")
def grid(extent: Extent, size: int = SIZE) -> Tensor:
    """Make points (size·size, 2) of a regular grid over extent = (left, right, bottom, top), row by row."""
    left, right, bottom, top = extent
    if not (left < right and bottom < top):
        expect.refuse("extent", extent, "left < right and bottom < top")
    y, x = torch.meshgrid(torch.linspace(bottom, top, size), torch.linspace(left, right, size), indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


@torch.no_grad()
@expect.drawing()
def density(log_prob: Callable[[Tensor], Tensor], extent: Extent, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw exp(log_prob) of points (n, 2) as a heat map over extent = (left, right, bottom, top)."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    log_p = expect.tensor("log_prob(points)", log_prob(grid(extent)), f"{SIZE**2}", minus_infinity=True)
    values = log_p.cpu().double().exp().reshape(SIZE, SIZE)
    ax.imshow(values.numpy(), extent=extent, origin="lower", cmap=DENSITY, interpolation="bilinear")
    ax.set(title=title, aspect="equal")
    ax.grid(False)
    return ax


@expect.drawing(x="n 2", c="n; integer, >= 0")
def points(x: Tensor, ax: Axes | None = None, *, c: Tensor | None = None, **style: Any) -> Axes:
    """Scatter points x (n, 2), in the colours of classes c (n,); the style goes to `ax.scatter`."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    colour = BLUE if c is None else [CLASSES[each % len(CLASSES)] for each in c.tolist()]
    ax.scatter(x[:, 0], x[:, 1], **{"s": 7, "alpha": 0.6, "linewidths": 0, "color": colour, **style})
    ax.set_aspect("equal")
    return ax


@expect.drawing(x="n 2", y="n; integer, >= 0 <= 1", size="> 0", alpha="> 0 <= 1")
def two_classes(x: Tensor, y: Tensor, ax: Axes, *, size: float = 9, alpha: float = 0.7) -> Axes:
    """Draw points (n, 2) of two classes: blue discs and orange triangles."""
    for k, (color, marker) in enumerate(zip((BLUE, ORANGE), MARKERS, strict=True)):
        mine = x[y == k]
        ax.scatter(mine[:, 0], mine[:, 1], s=size, c=color, marker=marker, alpha=alpha, linewidths=0)
    ax.set_aspect("equal")
    return ax


@torch.no_grad()
@expect.drawing()
def posterior(log_posterior: LogPosterior, extent: Extent, ax: Axes, *, dashed: bool = False) -> Axes:
    """Draw p(class 1 | x) of log p(y|x), (n, 2) → (n, 2), and where it is ½: `dashed`, this boundary alone."""
    log_p = log_posterior(grid(extent, FINER).double())
    most = (-torch.inf, 1e-3)  # logits, which are no log-probabilities, go above
    expect.tensor("log_posterior(points)", log_p, f"{FINER**2} 2", minus_infinity=True, within=most)
    values = log_p.exp()[:, 1].reshape(FINER, FINER).double().cpu().numpy()
    if not dashed:
        ax.imshow(values, extent=extent, origin="lower", cmap=SURE, vmin=0, vmax=1, interpolation="bilinear")
    x, y = torch.linspace(*extent[:2], FINER), torch.linspace(*extent[2:], FINER)
    if values.min() < 0.5 < values.max():
        width, line = (1.1, "--") if dashed else (2.0, "-")
        ax.contour(x, y, values, levels=[0.5], colors=INK, linewidths=width, linestyles=line)
    bare(ax, xlim=extent[:2], ylim=extent[2:], aspect="equal")
    return ax


@expect.drawing(data="n 2 / n; integer")
def boundaries(
    models: Mapping[str, LogPosterior], truth: LogPosterior, data: tuple[Tensor, Tensor], extent: Extent
) -> Figure:
    """Draw one panel a model: its posterior, its boundary, the true boundary dashed, and the data."""
    figure, axes = plt.subplots(1, len(models), figsize=(2.75 * len(models), 3.0), squeeze=False)
    for ax, (name, log_posterior) in zip(axes[0], models.items(), strict=True):
        posterior(log_posterior, extent, ax)
        posterior(truth, extent, ax, dashed=True)
        two_classes(*data, ax, size=4, alpha=0.45)
        ax.set_title(name)
    return figure


CORNERS: Extent = (-5.0, 5.0, -4.0, 4.0)
FINEST = 240  # points of the grid on which the error of two normals is summed, along each side


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
    cell = (CORNERS[1] - CORNERS[0]) * (CORNERS[3] - CORNERS[2]) / (FINEST - 1) ** 2
    error = float(log_joint(grid(CORNERS, FINEST)).exp().amin(1).sum() * cell)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    posterior(lambda points: log_joint(points.float()).log_softmax(1), CORNERS, axes[0])
    axes[0].set_title(f"boundary; best error {100 * error:.1f} %")
    density(lambda points: log_joint(points).logsumexp(1), CORNERS, axes[1], title="density p(x)")
    g = generator(0)
    labels = (torch.rand(400, generator=g) < orange_share).long()
    noise = torch.randn(400, 2, generator=g)
    means = torch.stack([each.mean for each in classes])[labels]
    factors = torch.stack([each.scale_tril for each in classes])[labels]
    two_classes(means + (factors @ noise[..., None])[..., 0], labels, axes[2])
    axes[2].set(xlim=CORNERS[:2], ylim=CORNERS[2:], title="400 samples")
    for ax in axes:
        bare(ax)
    return figure
