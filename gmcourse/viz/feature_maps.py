"""Feature maps, how much noise moves each pixel, and what a generator adds at each resolution."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.look import bare
from gmcourse.viz.palette import DENSITY, SIGNED


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
