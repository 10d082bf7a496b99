"""What was measured several times, with its spread."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import drawing
from gmcourse.viz.palette import CYCLE, GREY, INK
from gmcourse.viz.training_curves import curves


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

    Args:
        named: name → measurements (R, len(x)), one row a repetition.
        reference: name → a value to compare with.
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

    Args:
        named: treatment → group → measurements.
        counts: group → how many test examples it has; written into the legend.
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
