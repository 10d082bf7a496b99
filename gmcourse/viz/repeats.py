"""Quantities against steps, or against anything else; and what was measured several times, with its spread."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import drawing
from gmcourse.viz.palette import CYCLE, GREY, INK

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

    `named` is name → (x, y), `reference` name → a value to compare with, drawn as a thin grey line, and `spread` name
    → (low, high), drawn as a band around the curve of that name.
    """
    ax = ax or plt.subplots(figsize=(6.4, 3.6))[1]
    for i, (name, (x, y)) in enumerate(named.items()):
        marker = "o" if markers else None
        (line,) = ax.plot(x, y, STYLES[i % len(STYLES)], marker=marker, markersize=4, label=name)
        if spread and name in spread:
            ax.fill_between(x, *spread[name], color=line.get_color(), alpha=0.18, linewidth=0)
    for name, value in (reference or {}).items():
        ax.axhline(value, color=GREY, linewidth=1.2, linestyle=(0, (6, 3)))
        look: dict[str, Any] = {"ha": "right", "va": "bottom", "fontsize": 9, "color": GREY}
        ax.annotate(name, (1.0, value), (0, 1.5), ("axes fraction", "data"), "offset points", **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    if len(named) > 1:
        ax.legend()
    return ax


@drawing(x="K:", named="R K")
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
    """Draw mean curves over repetitions, with the band that holds the middle 80 % of them.

    The measurements of a name are (R, len(x)), one row a repetition; `reference` has values to compare with.
    """
    level = torch.tensor([0.1, 0.9])
    means = {name: (list(x), values.mean(0).tolist()) for name, values in named.items()}
    bands = {name: values.quantile(level.to(values), dim=0).tolist() for name, values in named.items()}
    spread = {name: (low, high) for name, (low, high) in bands.items()}
    ax = curves(means, spread=spread, logx=logx, markers=True, ax=ax)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    for name, value in (reference or {}).items():
        ax.axhline(value, color=GREY, linewidth=1.2, linestyle=(0, (6, 3)), label=name)
    if logx:
        ax.set_xticks(list(x), [f"{value:g}" for value in x])
        ax.minorticks_off()
    ax.legend()
    return ax


@drawing(counts=">= 0")
def groups(
    named: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    ylabel: str,
    counts: Mapping[str, int] | None = None,
) -> Figure:
    """Draw for each treatment and each group one dot a repetition, and the mean as a bar.

    `named` is treatment → group → measurements; `counts` says how many test examples a group has.
    """
    figure, ax = plt.subplots(figsize=(8.4, 3.8))
    names = list(next(iter(named.values())))
    markers = ("o", "^", "s", "D")
    for g, group in enumerate(names):
        color, count = CYCLE[g % len(CYCLE)], f" (n = {counts[group]:,})" if counts else ""
        for t, treatment in enumerate(named.values()):
            expect.one_of("a group of named", group, list(treatment))
            values = torch.tensor(treatment[group], dtype=torch.float64)
            place = t + 0.22 * (g - (len(names) - 1) / 2)
            jitter = 0.03 * torch.linspace(-1, 1, len(values))
            label = group + count if t == 0 else None
            marker = markers[g % 4]
            ax.scatter(place + jitter, values, s=18, color=color, marker=marker, alpha=0.6, label=label)
            ax.hlines(float(values.mean()), place - 0.08, place + 0.08, color=INK, linewidth=2)
    ax.set_xticks(range(len(named)), list(named))
    ax.set(ylabel=ylabel)
    ax.grid(axis="x", visible=False)
    figure.legend(loc="outside upper center", ncols=len(names))
    return figure
