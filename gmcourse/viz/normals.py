"""Densities on the line: fits to a mixture, a bound and its gap, and posteriors of what pictures show."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, CYCLE, GREEN, GREY, INK, ORANGE, VERMILION


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


@expect.drawing(faces="N / M / K / >= 0 <= 1")
def posteriors(faces: Sequence[Mapping[str, tuple[Tensor, Tensor, Tensor, float]]], names: Sequence[str]) -> Figure:
    """Draw prior, true posterior and a model's posterior: a column a face, a row an attribute.

    A face has for each attribute (draws of the prior and of the posterior, what answers show, the truth), in [0, 1].
    """
    figure, axes = plt.subplots(
        len(names), len(faces), figsize=(2.9 * len(faces), 1.3 * len(names)), squeeze=False, sharex=True
    )
    edges = np.linspace(0, 1, 25)
    for face, places in zip(faces, axes.T, strict=True):
        for name, ax in zip(names, places, strict=True):
            prior, exact, model, truth = face[expect.one_of("names", name, list(face))]
            for values, label, look in (
                (prior, "before: the crowd", {"color": GREY, "alpha": 0.25}),
                (exact, "given y: the posterior", {"color": BLUE, "alpha": 0.55}),
                (model.clamp(0, 1), "given y: SRFlow", {"histtype": "step", "color": ORANGE, "linewidth": 2}),
            ):
                ax.hist(values.numpy(), edges, density=True, label=label, **look)
            ax.axvline(truth, color=INK, linewidth=1.5, linestyle="--", label="the truth")
            ax.set(yticks=[], xlim=(0, 1))
    for name, ax in zip(names, axes[:, 0], strict=True):
        ax.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure
