"""One look for all figures."""

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes

from gmcourse import expect
from gmcourse.viz.palette import CYCLE, INK, PAPER

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


def style() -> None:
    """Give every figure that follows the course's look. Call it once, in the set-up cell."""
    mpl.rcParams.update(LOOK)  # type: ignore[arg-type]
