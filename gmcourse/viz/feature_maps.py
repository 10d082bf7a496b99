"""Feature maps, how noise moves pixels, what a generator adds at each resolution, and a squeeze's channels."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import DENSITY, GREEN, INK, ORANGE, PINK, SIGNED, SKY, bare

CORNERS = (SKY, ORANGE, GREEN, PINK)  # the four places in a 2×2 block


@expect.drawing(named="H W", limit="> 0")
def maps(named: Mapping[str, Tensor], *, limit: float, note: Mapping[str, str] | None = None) -> Figure:
    """Draw feature maps (H, W) side by side from −limit, vermilion, to limit, blue; some with a note below."""
    figure, axes = plt.subplots(1, len(named), figsize=(2.55 * len(named) + 0.8, 3.0), squeeze=False)
    for ax, (title, each) in zip(axes[0], named.items(), strict=True):
        picture = ax.imshow(each.numpy(), cmap=SIGNED, vmin=-limit, vmax=limit)
        bare(ax, title=title, xlabel=(note or {}).get(title, ""))
    figure.colorbar(picture, ax=axes, label="activation", shrink=0.75, extend="both")
    return figure


@expect.drawing(named="H W")
def deviations(named: Mapping[str, Tensor]) -> Figure:
    """Draw how much each pixel varies, (H, W) each, dark where it varies most, on one scale."""
    top = max(float(each.max()) for each in named.values())
    figure, axes = plt.subplots(1, len(named), figsize=(2.2 * len(named) + 0.8, 2.6), squeeze=False)
    for ax, (title, each) in zip(axes[0], named.items(), strict=True):
        picture = ax.imshow(each.numpy(), cmap=DENSITY, vmin=0, vmax=top)
        bare(ax, title=title)
    figure.colorbar(picture, ax=axes, label="standard deviation", shrink=0.8)
    return figure


@expect.drawing(sides="n: >= 1", parts="n: 1|3 h w", sums="n: 1|3 H W")
def contributions(parts: Sequence[Tensor], sums: Sequence[Tensor], sides: Sequence[int]) -> Figure:
    """Draw what each resolution adds, (C, side, side) in the generator's range, and the picture so far, in [0, 1]."""
    figure, axes = plt.subplots(2, len(parts), figsize=(1.7 * len(parts) + 0.8, 3.9), squeeze=False)
    for column, (part, total, side) in enumerate(zip(parts, sums, sides, strict=True)):
        for ax, x in zip(axes[:, column], (part / 2 + 0.5, total), strict=True):
            ax.imshow(x.clamp(0, 1).permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1)
            bare(ax)
        axes[0, column].set_title(f"{side}×{side}")
    for ax, label in zip(axes[:, 0], ("added", "so far"), strict=True):
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


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
