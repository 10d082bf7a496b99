"""What was measured several times, with its spread."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from gmcourse.expect.door import drawing
from gmcourse.viz.palette import GREY
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
