"""What was measured: two scores of each model as a labelled point, and what edits changed as a table."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, GREY, INK, PAPER, SIGNED, VERMILION

LINE, LETTER = 0.065, 0.018  # of a label: its height, and the width of a small letter, in units of the axes
LEADER = {"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkB": 4}  # from a label to its point


def _places(points: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Find the left end and the height of each label: beside its point, covering no point and no other label."""
    dots = [(x - 0.02, y, 0.04) for x, y in points.values()]
    wide = {name: LETTER * (len(name) + 0.4 * sum(map(str.isupper, name))) for name in points}
    found: dict[str, tuple[float, float]] = {}
    for name, (x, y) in [*points.items()] * 4:  # each once more, when all others have a place
        width, taken = wide[name], dots + [(*at, wide[other]) for other, at in found.items() if other != name]
        sides = (0.025, -0.025 - width, -width / 2, 0.1, -0.1 - width)
        tries = [(x + side, y + LINE * up) for up in (0, -1, 1, -2, 2, -3) for side in sides]

        def covered(at: tuple[float, float], width: float = width, taken: Sequence[Sequence[float]] = taken) -> int:
            near = [(left, other) for left, row, other in taken if abs(row - at[1]) < LINE - 1e-9]
            return 9 * (at[0] < 0 or at[1] > 1.08) + sum(left - width < at[0] < left + other for left, other in near)

        found[name] = min(tries, key=covered)
    return found


@expect.drawing(points=">= 0 <= 1")
def precision_and_recall(points: Mapping[str, tuple[float, float]]) -> Axes:
    """Draw a labelled point for each model at (recall, precision) in [0, 1]; real and training data in grey."""
    ax = plt.subplots(figsize=(7.2, 4.4))[1]
    for (name, (recall, precision)), place in zip(points.items(), _places(points).values(), strict=True):
        color = GREY if name.startswith(("real", "training")) else VERMILION if "T =" in name else BLUE
        ax.plot(recall, precision, "o", color=color, markersize=8)
        ax.annotate(name, (recall, precision), place, va="center", color=color, arrowprops=LEADER)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set(xticks=ticks, yticks=ticks, xlabel="recall", ylabel="precision", xlim=(-0.04, 1.2), ylim=(-0.14, 1.12))
    return ax


@expect.drawing(edits="E:", attributes="A:", change="E A")
def effects(change: Tensor, edits: Sequence[str], attributes: Sequence[str], *, label: str) -> Figure:
    """Draw a table (edits, attributes) in colours, blue above 0, vermilion below; `label` says number and unit."""
    limit = float(change.abs().max())
    figure, ax = plt.subplots(figsize=(1.9 + 0.62 * len(attributes), 1.6 + 0.42 * len(edits)))
    picture = ax.imshow(change.cpu(), cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
    for i, row in enumerate(change.tolist()):
        for j, value in enumerate(row):
            dark = abs(value) > 0.6 * limit
            shown = f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0"
            ax.text(j, i, shown, ha="center", va="center", color=PAPER if dark else INK)
    ax.set_xticks(range(len(attributes)), attributes, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(edits)), edits)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    figure.colorbar(picture, label=label)
    return figure
