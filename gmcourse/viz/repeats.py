"""What was measured several times, with its spread."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.training_curves import curves


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
    """Draw mean curves over repetitions, with the band that holds the middle 80 % of them.

    Measurements are (R, len(x)) by name, one row a repetition; `reference` has values to compare with by name.
    """
    level = torch.tensor([0.1, 0.9])
    means = {name: (list(x), values.mean(0).tolist()) for name, values in named.items()}
    spread = {name: tuple(each.quantile(level.to(each), dim=0).tolist()) for name, each in named.items()}
    ax = curves(means, reference=reference, spread=spread, logx=logx, markers=True, ax=ax)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax
