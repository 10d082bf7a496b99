"""Quantities against steps, or against anything else; measured once, or several times, with their spread."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import GREY

STYLES = ("-", "--", "-.", ":")


@expect.drawing(named="n: unseen / n: unseen", spread="n: unseen / n: unseen")
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

    `named` has an (x, y) for each name, `reference` a value to compare with, drawn as a thin grey line, and `spread`
    a (low, high), drawn as a band around the curve of that name.
    """
    ax = ax or plt.subplots(figsize=(6.4, 3.6))[1]
    for i, (name, (x, y)) in enumerate(named.items()):
        (line,) = ax.plot(x, y, STYLES[i % len(STYLES)] + "o" * markers, markersize=4, label=name)
        if spread and name in spread:
            ax.fill_between(x, *spread[name], color=line.get_color(), alpha=0.18, linewidth=0)
    for value in (reference or {}).values():
        ax.axhline(value, color=GREY, linewidth=1.2, linestyle=(0, (6, 3)))
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale=("linear", "log")[logx], yscale=("linear", "log")[logy])
    if logx:
        places = sorted({float(place) for x, _ in named.values() for place in x})
        if len(places) <= 9:  # numbers of steps, sizes of sets: these are what one wants to read
            ax.set_xticks(places, [f"{place:,.0f}" if place >= 1000 else f"{place:.3g}" for place in places])
            ax.set_xticks([], minor=True)
    else:
        ax.locator_params(axis="x", nbins=6)
        ax.xaxis.set_major_formatter("{x:,g}")
    for name, value in (reference or {}).items():
        _write_beside(ax, name, value)
    if len(named) > 1:
        ax.legend()
    return ax


def _write_beside(ax: Axes, name: str, value: float) -> None:
    """Write what a level line stands for at one of its ends, where no curve runs and no name or axis stands."""
    _ = ax.get_xlim(), ax.get_ylim()  # what is asked for is brought up to date
    paths = [line.get_transform().transform_path(line.get_path()) for line in ax.get_lines()]
    names = [each.get_window_extent() for each in (*ax.texts, ax.spines["bottom"])]
    text = ax.annotate(name, (1, value), (0, 0), ("axes fraction", "data"), "offset points", color=GREY)
    for end, up in ((1, 1.5), (1, -1.5), (0, 1.5), (0, -1.5), (1, 1.5)):  # the last, where none is free
        text.xy, text.xyann = (end, value), (0 if end else 4, up)
        text.set(ha="right" if end else "left", va="bottom" if up > 0 else "top")
        box = text.get_window_extent().padded(1)
        if not box.count_overlaps(names) and not any(path.intersects_bbox(box, False) for path in paths):
            return


@expect.drawing(x="K:", named="R K")
def repeats(
    named: Mapping[str, Tensor],
    x: Sequence[float],
    *,
    xlabel: str,
    ylabel: str,
    reference: Mapping[str, float] | None = None,
    logx: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw means over R repetitions, (R, len(x)) by name, with the band that holds the middle 80 % of them."""
    level = torch.tensor([0.1, 0.9])
    means = {name: (list(x), values.mean(0).tolist()) for name, values in named.items()}
    spread = {name: tuple(each.quantile(level.to(each), dim=0).tolist()) for name, each in named.items()}
    ax = curves(means, reference=reference, spread=spread, logx=logx, markers=True, ax=ax)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax
