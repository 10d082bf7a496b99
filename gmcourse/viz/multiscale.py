"""The multi-scale architecture as a picture: pixels into channels, and which part of z stays at which level."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, GREEN, INK, ORANGE, PINK, SKY

CORNERS = (SKY, ORANGE, GREEN, PINK)  # the four places in a 2×2 block
SLANT = 0.5  # how far the third dimension is drawn to the side

Shape = tuple[int, int, int]


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
    _arrow(ax, (width + 0.4, 0), (width + 1.8, 0))
    left = width + 2.2
    for channel in range(4):
        _grid(ax, z[channel], (left, height / 4), channel)
        ax.text(left + width / 4, height / 4 + 0.3, f"channel {channel}", ha="center")
        left += width / 2 + 0.6
    ax.set(xlim=(-0.2, left), ylim=(-height / 2 - 0.2, height / 2 + 1), aspect="equal")
    ax.axis("off")
    return figure


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=INK, linewidth=1.2))


def _box(ax: Axes, shape: Shape, left: float, color: str, scale: tuple[float, float]) -> float:
    """Draw a box (C, H, W) in slanted perspective, centred on the line, and return its right edge."""
    channels, height, _ = shape
    side, depth = scale[0] * height**0.7, scale[1] * channels**0.7
    low, high, right, shift = -side / 2, side / 2, left + side, SLANT * depth
    front = [(left, low), (right, low), (right, high), (left, high)]
    top = [(left, high), (right, high), (right + shift, high + shift), (left + shift, high + shift)]
    flank = [(right, low), (right + shift, low + shift), (right + shift, high + shift), (right, high)]
    for face, strength in ((front, 0.55), (top, 0.35), (flank, 0.75)):
        ax.add_patch(Polygon(face, facecolor=color, alpha=strength, edgecolor="white", linewidth=1))
    label = "×".join(map(str, shape))
    ax.text(left + side / 2, low - 0.15, label, ha="center", va="top", color=INK)
    return right + shift


@expect.drawing(image=">= 1", at_levels=">= 1", n_steps=">= 1")
def levels(image: Shape, at_levels: Sequence[Shape], n_steps: int) -> Figure:
    """Draw what a multi-scale flow with a split after each level but the last does, one row a level.

    `at_levels` has the shapes at which the steps of each level work, as `gmcourse.flows.multiscale.levels_of` gives.
    """
    figure, axes = plt.subplots(len(at_levels), 1, figsize=(8.6, 1.9 * len(at_levels)), squeeze=False)
    scale = (1.15 / image[1] ** 0.7, 0.9 / image[1] ** 0.7)
    entering = image
    for i, (ax, shape) in enumerate(zip(axes[:, 0], at_levels, strict=True)):
        right = _box(ax, entering, 0.0, BLUE, scale)
        for label in ("squeeze", f"{n_steps} steps"):
            _arrow(ax, (right + 0.15, 0), (right + 1.15, 0))
            ax.text(right + 0.65, 0.1, label, ha="center", va="bottom")
            right = _box(ax, shape, right + 1.3, BLUE, scale)
        last = i + 1 == len(at_levels)
        half = (shape[0] if last else shape[0] // 2, *shape[1:])
        _arrow(ax, (right + 0.15, 0), (right + 1.15, 0))
        if not last:
            ax.text(right + 0.65, 0.1, "split", ha="center", va="bottom")
            right = _box(ax, half, right + 1.3, BLUE, scale)
            ax.text(right + 0.15, 0, "goes on,   ", va="center")
            right += 0.6
        right = _box(ax, half, right + 1.3 if last else right + 0.55, ORANGE, scale)
        ax.text(right + 0.15, 0, f"$z_{i + 1}$" + ("" if last else " stays"), va="center")
        ax.set(xlim=(-0.1, 11.2), ylim=(-1.0, 1.15), aspect="equal", title=f"level {i + 1}")
        ax.axis("off")
        entering = half
    return figure
