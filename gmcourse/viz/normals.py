"""Densities on the line: two normals and the KL between them, fits to a mixture, a bound and its gap."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, CYCLE, GREEN, GREY, ORANGE, VERMILION


@expect.drawing(x="n", target="n", fitted="n")
def fits(x: Tensor, target: Tensor, fitted: Mapping[str, Tensor]) -> Axes:
    """Draw a target density (n,) at points x (n,), filled, and fitted densities by name on top of it."""
    ax = plt.subplots(figsize=(6.4, 3.4))[1]
    ax.fill_between(x, target, color=GREY, alpha=0.25, label="target p")
    for (name, values), color, line in zip(fitted.items(), cycle(CYCLE), cycle(("-", "--")), strict=False):
        ax.plot(x, values, line, color=color, label=name)
    ax.set(xlabel="z", ylabel="density")
    ax.legend()
    return ax


@expect.drawing(where="n", bound="n")
def bound_and_gap(where: Tensor, bound: Tensor, truth: float, best: float, xlabel: str) -> Axes:
    """Draw a lower bound (n,) as something is turned (n,), the truth above it, and the gap shaded."""
    ax = plt.subplots(figsize=(6.4, 3.4))[1]
    ax.axhline(truth, color=BLUE, label="log p(x), the truth")
    ax.plot(where, bound, "--", color=ORANGE, label="ELBO")
    label = "gap = KL(q ‖ posterior)"
    ax.fill_between(where, bound, truth, color=ORANGE, alpha=0.15, linewidth=0, label=label)
    ax.axvline(best, color=GREY, linewidth=1)
    low = float(bound.min())
    ax.annotate("posterior mean", (best, low), xytext=(4, 4), textcoords="offset points", color=GREY)
    ax.set(xlabel=xlabel, ylabel="nats", ylim=(low, truth + 0.6 * (truth - low)))
    ax.legend(loc="upper right")
    return ax


@expect.drawing(named="n")
def histograms(named: Mapping[str, Tensor], xlabel: str) -> Figure:
    """Draw histograms above each other on a common axis, each with its mean and standard deviation."""
    figure, axes = plt.subplots(len(named), 1, figsize=(6.8, 1.7 * len(named)), sharex=True, squeeze=False)
    for ax, (name, values), color in zip(axes[:, 0], named.items(), cycle(CYCLE), strict=False):
        shown = values.clamp(-60, 60).numpy()
        ax.hist(shown, bins=80, range=(-60, 60), color=color, density=True)
        ax.axvline(float(values.mean()), color="black", linewidth=1)
        ax.set_title(f"{name}: mean {float(values.mean()):.2f}, standard deviation {float(values.std()):.2f}")
        ax.set_yticks([])
    axes[-1, 0].set_xlabel(xlabel)
    return figure


@expect.drawing(rows="n")
def signals(rows: Mapping[str, Sequence[Tensor]]) -> Figure:
    """Draw one panel a name, each with several one-dimensional signals (n,)."""
    figure, axes = plt.subplots(1, len(rows), figsize=(3.1 * len(rows), 2.7), sharey=True, squeeze=False)
    for ax, (name, many) in zip(axes[0], rows.items(), strict=True):
        for i, values in enumerate(many):
            ax.plot(values, color=(BLUE, ORANGE, GREEN, VERMILION)[i % 4], linewidth=1.6)
        ax.set(title=name, xlabel="position")
    axes[0, 0].set_ylabel("brightness")
    return figure
