"""Two classes in the plane: who is where, where the boundary runs, and how dense the data is.

Models are asked in float64.
"""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import drawing
from gmcourse.viz.look import bare
from gmcourse.viz.palette import BLUE, DENSITY, INK, ORANGE, PAPER, VERMILION
from gmcourse.viz.plane import Extent, density, grid

LogPosterior = Callable[[Tensor], Tensor]
# from class 0 to class 1, the colours in which their points are drawn; paper where nobody knows
SURE = LinearSegmentedColormap.from_list("sure", ["#A5CBE6", "#D6E8F4", PAPER, "#FCEED0", "#F6D98F"])
MARKERS = ("o", "^")
SIZE = 180


@drawing(x="n 2", y="n; integer, >= 0 <= 1", size="> 0", alpha="> 0 <= 1")
def two_classes(x: Tensor, y: Tensor, ax: Axes, *, size: float = 9, alpha: float = 0.7) -> Axes:
    """Draw points (n, 2) of two classes: blue discs and orange triangles."""
    for k, (color, marker) in enumerate(zip((BLUE, ORANGE), MARKERS, strict=True)):
        mine = x[y == k]
        ax.scatter(mine[:, 0], mine[:, 1], s=size, c=color, marker=marker, alpha=alpha, linewidths=0)
    ax.set_aspect("equal")
    return ax


@torch.no_grad()
@drawing()
def posterior(
    log_posterior: LogPosterior, extent: Extent, ax: Axes, *, shade: bool = True, dashed: bool = False
) -> Axes:
    """Draw p(class 1 | x) as a colour, and the boundary where it is ½.

    Args:
        log_posterior: points (n, 2) → log p(y|x), (n, 2).
        dashed: whether to draw the boundary as a reference.
    """
    log_p = log_posterior(grid(extent, SIZE).double())
    expect.tensor("log_posterior(points)", log_p, f"{SIZE**2} 2", minus_infinity=True)
    values = log_p.exp()[:, 1].reshape(SIZE, SIZE).double().cpu().numpy()
    if shade:
        ax.imshow(values, extent=extent, origin="lower", cmap=SURE, vmin=0, vmax=1, interpolation="bilinear")
    x, y = torch.linspace(*extent[:2], SIZE), torch.linspace(*extent[2:], SIZE)
    if values.min() < 0.5 < values.max():
        width, line = (1.1, "--") if dashed else (2.0, "-")
        ax.contour(x, y, values, levels=[0.5], colors=INK, linewidths=width, linestyles=line)
    bare(ax, xlim=extent[:2], ylim=extent[2:], aspect="equal")
    return ax


@drawing(data="n 2 / n; integer", drawn="m 2 / m; integer")
def two_views(
    log_posterior: LogPosterior,
    log_prob: Callable[[Tensor], Tensor],
    data: tuple[Tensor, Tensor],
    drawn: tuple[Tensor, Tensor],
    extent: Extent,
) -> Figure:
    """Draw the same data twice: under a boundary, and under a density with samples of it."""
    figure, axes = plt.subplots(1, 3, figsize=(11.4, 3.7))
    posterior(log_posterior, extent, axes[0])
    two_classes(*data, axes[0])
    axes[0].set_title("p(y|x): which side?")
    density(lambda points: log_prob(points.double()), extent, axes[1], title="p(x): how usual?")
    two_classes(*drawn, axes[2]).set(xlim=extent[:2], ylim=extent[2:])
    axes[2].set_title("x, y ~ p(x, y): new ones")
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    return figure


@drawing(data="n 2 / n; integer")
def boundaries(
    models: Mapping[str, LogPosterior], truth: LogPosterior, data: tuple[Tensor, Tensor], extent: Extent
) -> Figure:
    """Draw one panel a model: its posterior, its boundary, the true boundary dashed, and the data."""
    figure, axes = plt.subplots(1, len(models), figsize=(3.05 * len(models), 3.3), squeeze=False)
    for ax, (name, log_posterior) in zip(axes[0], models.items(), strict=True):
        posterior(log_posterior, extent, ax)
        posterior(truth, extent, ax, shade=False, dashed=True)
        two_classes(*data, ax, size=4, alpha=0.45)
        ax.set_title(name)
    return figure


@drawing(data="n 2")
def strangers(
    log_posterior: LogPosterior,
    log_prob: Callable[[Tensor], Tensor],
    data: Tensor,
    far: Mapping[str, tuple[float, float]],
    extent: Extent,
) -> Figure:
    """Draw how sure a classifier is beside how usual a density finds the place, with named points on both.

    Args:
        log_posterior: points (n, 2) → log p(y|x), (n, 2).
        log_prob: points (n, 2) → nats (n,).
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 4.2))
    where = grid(extent, SIZE).double()
    with torch.no_grad():
        sure = log_posterior(where).exp().amax(1).reshape(SIZE, SIZE).cpu()
        log_p = log_prob(where).reshape(SIZE, SIZE).clamp_min(-30).cpu()
    shown = left.imshow(sure, extent=extent, origin="lower", cmap="Greys_r", vmin=0.5, vmax=1.0)
    left.set_title("how sure: largest p(y|x)")
    figure.colorbar(shown, ax=left, shrink=0.8)
    shown = right.imshow(log_p, extent=extent, origin="lower", cmap=DENSITY)
    right.set_title("how usual: log p(x)")
    figure.colorbar(shown, ax=right, shrink=0.8, label="nats (cut at −30)")
    for ax in (left, right):
        ax.scatter(data[:, 0], data[:, 1], s=2, c=INK, alpha=0.5, linewidths=0)
        for name, (x, y) in far.items():
            ax.plot(x, y, "o", color=VERMILION, markeredgecolor=PAPER, markersize=10)
            look = {"color": VERMILION, "weight": "bold"}
            ax.annotate(name, (x, y), xytext=(8, 5), textcoords="offset points", **look)
        bare(ax)
    return figure
