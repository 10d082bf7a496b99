"""What an edit changed, and what it should have left alone."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse.expect.door import drawing
from gmcourse.viz.palette import INK, PAPER, SIGNED


@drawing(edits="E:", attributes="A:", change="E A")
def effects(change: Tensor, edits: Sequence[str], attributes: Sequence[str], *, unit: str) -> Figure:
    """A table of numbers as colours: one row an edit, one column a measured attribute.

    Args:
        change: (edits, attributes); positive is blue, negative vermilion.
        edits: names of the rows.
        attributes: names of the columns.
        unit: what the numbers are in, for the colour bar.
    """
    limit = float(change.abs().max())
    figure, ax = plt.subplots(figsize=(1.9 + 0.62 * len(attributes), 1.6 + 0.42 * len(edits)))
    picture = ax.imshow(change.cpu(), cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
    for i, row in enumerate(change.tolist()):
        for j, value in enumerate(row):
            dark = abs(value) > 0.6 * limit
            shown = f"{value:+.1f}" if abs(value) >= 0.05 else "0"
            ax.text(j, i, shown, ha="center", va="center", fontsize=8, color=PAPER if dark else INK)
    ax.set_xticks(range(len(attributes)), attributes, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(edits)), edits)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    figure.colorbar(picture, label=unit)
    return figure
