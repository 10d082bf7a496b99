"""A squeeze as a picture: the pixels of each 2×2 block go into four channels."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import GREEN, INK, ORANGE, PINK, SKY

CORNERS = (SKY, ORANGE, GREEN, PINK)  # the four places in a 2×2 block


def _grid(ax: Axes, values: Tensor, at: tuple[float, float], corner: int | None) -> None:
    """Draw a small table of numbers, each cell in the colour of its place in a 2×2 block."""
    height, width = values.shape
    for i in range(height):
        for j in range(width):
            color = CORNERS[(i % 2) * 2 + j % 2 if corner is None else corner]
            x, y = at[0] + j, at[1] - i - 1
            ax.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white", linewidth=2, alpha=0.55))
            ax.text(x + 0.5, y + 0.5, f"{int(values[i, j])}", ha="center", va="center", color=INK)


@expect.drawing(x="H W; real", z="4 h w; real")
def squeeze(x: Tensor, z: Tensor) -> Figure:
    """Draw a picture x (H, W) of whole numbers, and the channels z (4, H/2, W/2) that it is squeezed into."""
    expect.tensor("z", z, f"4 {x.shape[0] // 2} {x.shape[1] // 2}", dtype="real")
    height, width = x.shape
    figure, ax = plt.subplots(figsize=(8.6, 2.5))
    _grid(ax, x, (0, height / 2), None)
    ax.text(width / 2, height / 2 + 0.3, f"1 × {height} × {width}", ha="center")
    look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 13, "color": INK, "linewidth": 1.2}
    ax.add_patch(FancyArrowPatch((width + 0.4, 0), (width + 1.8, 0), **look))
    left = width + 2.2
    for channel in range(4):
        _grid(ax, z[channel], (left, height / 4), channel)
        ax.text(left + width / 4, height / 4 + 0.3, f"channel {channel}", ha="center")
        left += width / 2 + 0.6
    ax.set(xlim=(-0.2, left), ylim=(-height / 2 - 0.2, height / 2 + 1), aspect="equal")
    ax.axis("off")
    return figure
