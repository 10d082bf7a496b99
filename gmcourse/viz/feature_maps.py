"""Feature maps, mixtures of styles, and what a generator adds at each resolution."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import drawing
from gmcourse.viz.image_grid import tile
from gmcourse.viz.look import bare
from gmcourse.viz.palette import DENSITY, GREY, SIGNED


@drawing(named="H W", limit="> 0")
def maps(named: Mapping[str, Tensor], *, limit: float, note: Mapping[str, str] | None = None) -> Figure:
    """Draw feature maps (H, W) side by side on one signed scale, blue above zero and vermilion below.

    The map of each title is clamped to ± `limit`; `note` has a line below some of them.
    """
    figure, axes = plt.subplots(1, len(named), figsize=(2.55 * len(named) + 0.8, 3.0), squeeze=False)
    for ax, (title, each) in zip(axes[0], named.items(), strict=True):
        picture = ax.imshow(each.numpy(), cmap=SIGNED, vmin=-limit, vmax=limit)
        bare(ax, title=title, xlabel=(note or {}).get(title, ""))
    figure.colorbar(picture, ax=axes, label="activation", shrink=0.75, extend="both")
    return figure


@drawing(named="H W")
def deviations(named: Mapping[str, Tensor]) -> Figure:
    """Draw how much each pixel varies, (H, W) each, dark where it varies most, on one scale."""
    top = max(float(each.max()) for each in named.values())
    figure, axes = plt.subplots(1, len(named), figsize=(2.2 * len(named) + 0.8, 2.6), squeeze=False)
    for ax, (title, each) in zip(axes[0], named.items(), strict=True):
        picture = ax.imshow(each.numpy(), cmap=DENSITY, vmin=0, vmax=top)
        bare(ax, title=title)
    figure.colorbar(picture, ax=axes, label="standard deviation", shrink=0.8)
    return figure


@drawing(coarse="R C H W", fine="K C H W", mixed="M C H W")
def mixing_table(coarse: Tensor, fine: Tensor, mixed: Tensor) -> Figure:
    """Draw a table of pictures: a source on each row, one on each column, and their mixture where they meet.

    `coarse` (R, C, H, W) in [0, 1] gives each row its coarse styles, `fine` (K, C, H, W) each column its fine ones;
    `mixed` is (R·K, C, H, W), row by row.
    """
    rows, columns = len(coarse), len(fine)
    expect.whole("the number of mixed pictures", len(mixed), least=rows * columns, most=rows * columns)
    blank = torch.ones_like(coarse[:1])
    cells = [torch.cat([blank, fine])]
    cells += [torch.cat([coarse[i : i + 1], mixed[i * columns : (i + 1) * columns]]) for i in range(rows)]
    side = coarse.shape[-1]
    gap = max(1, side // 16)
    sheet = tile(torch.cat(cells), columns + 1, gap)
    figure, ax = plt.subplots(figsize=(0.7 * (columns + 1), 0.7 * (rows + 1)))
    ax.imshow(sheet, interpolation="nearest")
    edge = side + gap / 2 - 0.5
    for draw in (ax.axhline, ax.axvline):
        draw(edge, color=GREY, linewidth=1.5)
    ax.text(edge / 2, edge / 2, "fine →\ncoarse ↓", ha="center", va="center")
    bare(ax, frame=False)
    return figure


@drawing(sides="n: >= 1", parts="n: C h w", sums="n: C H W")
def contributions(parts: Sequence[Tensor], sums: Sequence[Tensor], sides: Sequence[int]) -> Figure:
    """Draw what each resolution adds to one picture, and the picture so far.

    Parts are (C, side, side) each, in the generator's range: grey is nothing added. Sums have the picture up to and
    with that resolution, in [0, 1].
    """
    figure, axes = plt.subplots(2, len(parts), figsize=(1.7 * len(parts) + 0.8, 3.9), squeeze=False)
    for column, (part, total, side) in enumerate(zip(parts, sums, sides, strict=True)):
        for ax, x in zip(axes[:, column], (part / 2 + 0.5, total), strict=True):
            ax.imshow(x.clamp(0, 1).permute(1, 2, 0).numpy())
            bare(ax)
        axes[0, column].set_title(f"{side}×{side}")
    for ax, label in zip(axes[:, 0], ("added", "so far"), strict=True):
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure
