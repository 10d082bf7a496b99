"""One look for all figures."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import CLASSES, CYCLE, INK, PAPER

LOOK: dict[str, Any] = {
    "figure.facecolor": PAPER,
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "savefig.bbox": "tight",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8A96A3",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=CYCLE),
    "grid.color": "#E4E9EE",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
}


@expect.drawing()
def bare(ax: Axes, *, frame: bool = True, **more: Any) -> None:
    """Take ticks and grid away, as pictures and maps have it, and the frame too; `more` goes to `ax.set`."""
    ax.set(xticks=[], yticks=[], **more)
    ax.grid(False)
    if not frame:
        ax.spines[:].set_visible(False)


def figure_of(ax: Axes) -> Figure:
    """Find the figure of an axes, whose type matplotlib leaves open."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def write_names(ax: Axes, x: Tensor, labels: Tensor, names: Sequence[str], clip: bool) -> None:
    """Write at each point (n, 2) the name of its class: a label says more than a colour."""
    for (u, v), label in zip(x.tolist(), labels.tolist(), strict=True):
        color = CLASSES[label % len(CLASSES)]
        ax.text(u, v, names[label], color=color, ha="center", va="center", clip_on=clip)


def style() -> None:
    """Give every figure that follows the course's look. Call it once, in the set-up cell."""
    mpl.rcParams.update(LOOK)  # type: ignore[arg-type]
