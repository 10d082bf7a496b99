"""Quantities against steps, or against anything else."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from gmcourse.expect.door import drawing
from gmcourse.viz.palette import GREY

STYLES = ("-", "--", "-.", ":")


@drawing(named="n: unseen / n: unseen", spread="n: unseen / n: unseen")
def curves(
    named: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    reference: Mapping[str, float] | None = None,
    spread: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    logx: bool = False,
    logy: bool = False,
    markers: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw named curves, each in a colour and a line style of its own.

    Args:
        named: name → (x, y).
        reference: name → a value to compare with, drawn as a thin grey line.
        spread: name → (low, high), drawn as a band around the curve of that name.
    """
    ax = ax or plt.subplots(figsize=(6.4, 3.6))[1]
    for i, (name, (x, y)) in enumerate(named.items()):
        marker = "o" if markers else None
        (line,) = ax.plot(x, y, STYLES[i % len(STYLES)], marker=marker, markersize=4, label=name)
        if spread and name in spread:
            ax.fill_between(x, *spread[name], color=line.get_color(), alpha=0.18, linewidth=0)
    for name, value in (reference or {}).items():
        ax.axhline(value, color=GREY, linewidth=1.2, linestyle=(0, (6, 3)))
        look: dict[str, Any] = {"ha": "right", "va": "bottom", "color": GREY}
        ax.annotate(name, (1.0, value), (0, 1.5), ("axes fraction", "data"), "offset points", **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if logx:
        ax.set_xscale("log")
        places = sorted({float(place) for x, _ in named.values() for place in x})
        if len(places) <= 8:  # numbers of steps, sizes of sets: these are what one wants to read
            ax.set_xticks(places, [f"{place:.3g}" for place in places])
            ax.set_xticks([], minor=True)
    if logy:
        ax.set_yscale("log")
    if len(named) > 1:
        ax.legend()
    return ax
