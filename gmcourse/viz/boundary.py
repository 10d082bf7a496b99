"""Two classes in the plane: where the points are, and where the boundary of a model, asked in float64, runs."""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.look import bare
from gmcourse.viz.palette import BLUE, INK, ORANGE, PAPER
from gmcourse.viz.plane import Extent, grid

LogPosterior = Callable[[Tensor], Tensor]
# from class 0 to class 1, the colours in which their points are drawn; paper where nobody knows
SURE = LinearSegmentedColormap.from_list("sure", ["#A5CBE6", "#D6E8F4", PAPER, "#FCEED0", "#F6D98F"])
MARKERS = ("o", "^")
SIZE = 180


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
    log_p = log_posterior(grid(extent, SIZE).double())
    most = (-torch.inf, 1e-3)  # logits, which are no log-probabilities, go above
    expect.tensor("log_posterior(points)", log_p, f"{SIZE**2} 2", minus_infinity=True, within=most)
    values = log_p.exp()[:, 1].reshape(SIZE, SIZE).double().cpu().numpy()
    if not dashed:
        ax.imshow(values, extent=extent, origin="lower", cmap=SURE, vmin=0, vmax=1, interpolation="bilinear")
    x, y = torch.linspace(*extent[:2], SIZE), torch.linspace(*extent[2:], SIZE)
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
