"""The look of all figures. The colours are Okabe and Ito's, which people with any colour vision can tell apart.

Always pair a colour with a second sign (a label, a marker, a line style): print and projectors lose colour.
"""

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from gmcourse import expect

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
PINK = "#CC79A7"
SKY = "#56B4E9"
VERMILION = "#D55E00"
GREY = "#6E7781"
INK = "#1B2733"
PAPER = "#FFFFFF"

CYCLE = (BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, GREY)

# Ten classes need ten colours; these are spread in lightness as well as in hue.
CLASSES = (BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, "#8C6D31", GREY, "#B8A800", INK)

# A density: paper to deep blue, steadily darker, so that it survives a grey print.
DENSITY = LinearSegmentedColormap.from_list("density", [PAPER, "#CFE3F1", "#7FB5DA", BLUE, "#073B5C"])
# A signed quantity: two hues that no kind of colour blindness confuses, paper at zero.
_SIGNED = ["#7A2E00", VERMILION, "#F6D3BD", PAPER, "#CFE3F1", BLUE, "#073B5C"]
SIGNED = LinearSegmentedColormap.from_list("signed", _SIGNED)

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
