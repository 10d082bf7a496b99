"""The plane of an autoencoder's codes: where the data lies, walks through it, and what they decode to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import drawing
from gmcourse.viz.image_grid import tile
from gmcourse.viz.look import bare
from gmcourse.viz.palette import BLUE, CLASSES, GREEN, GREY, INK, ORANGE, SKY, VERMILION

WALKS = (VERMILION, BLUE, GREEN, ORANGE)


@drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def labelled_codes(
    z: Tensor, labels: Tensor, names: Sequence[str], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Codes (N, 2), each drawn as the name of its class, on axes that hold nearly all of them."""
    ax = ax or plt.subplots(figsize=(5.2, 5.2))[1]
    for (x, y), label in zip(z.tolist(), labels.tolist(), strict=True):
        color = CLASSES[label % len(CLASSES)]
        ax.text(x, y, names[label], color=color, fontsize=8, ha="center", va="center", clip_on=True)
    low, high = z.quantile(0.002, dim=0), z.quantile(0.998, dim=0)
    margin = 0.06 * (high - low)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="z₁", ylabel="z₂", title=title)
    ax.grid(False)
    return ax


def _show(ax: Axes, x: Tensor, columns: int, title: str = "") -> None:
    sheet = tile(x, columns, gap=1, paper=0.0 if x.shape[1] == 1 else 1.0)
    ax.imshow(sheet, cmap="gray_r" if sheet.ndim == 2 else None, vmin=0, vmax=1)
    bare(ax, title=title)
    for spine in ax.spines.values():
        spine.set_visible(False)


@torch.no_grad()
@drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def explorer(
    decode: Callable[[Tensor], Tensor], z: Tensor, labels: Tensor, names: Sequence[str]
) -> Callable[..., Figure]:
    """A drawing `draw(z1, z2)` for `explore`: the codes with one point among them, and what the point decodes to.

    Args:
        decode: codes (N, 2) → images.
        z: codes of the data (N, 2).
        labels: (N,) classes.
        names: of the classes.
    """

    def draw(z1: float, z2: float) -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4.2), width_ratios=[1.15, 1])
        labelled_codes(z, labels, names, left)
        left.plot(z1, z2, "o", color=VERMILION, markersize=11, markeredgecolor="white", markeredgewidth=2)
        nearest = float((z - torch.tensor([z1, z2])).norm(dim=1).min())
        _show(right, decode(torch.tensor([[z1, z2]])), 1, f"decoded; nearest code {nearest:.2f} away")
        return figure

    return draw


@torch.no_grad()
@drawing(z="N 2", labels="N; integer, >= 0", ways="T 2")
def walks(
    decode: Callable[[Tensor], Tensor], z: Tensor, labels: Tensor, ways: Mapping[str, Tensor]
) -> Figure:
    """Ways through the plane of codes, and the pictures met on each.

    Args:
        decode: codes (N, 2) → images.
        z: codes of the data (N, 2), drawn as dots in the colour of their class.
        labels: (N,) classes.
        ways: name → codes (T, 2) on the way.

    Raises:
        ValueError: codes of another shape, or more ways than there are colours.
    """
    expect.whole("the number of ways", len(ways), most=len(WALKS))
    figure = plt.figure(figsize=(10.2, 4.4))
    grid = figure.add_gridspec(len(ways), 2, width_ratios=[1, 1.45])
    plane = figure.add_subplot(grid[:, 0])
    colors = [CLASSES[i % len(CLASSES)] for i in labels.tolist()]
    plane.scatter(z[:, 0], z[:, 1], s=7, c=colors, alpha=0.55, linewidths=0)
    plane.set(xlabel="z₁", ylabel="z₂")
    for row, ((name, way), color) in enumerate(zip(ways.items(), WALKS, strict=False)):
        look: dict[str, Any] = {"color": color, "markersize": 4, "linewidth": 1.5, "markeredgecolor": "white"}
        plane.plot(way[:, 0], way[:, 1], "o-", **look)
        words: dict[str, Any] = {"color": INK, "fontsize": 11, "ha": "center", "weight": "bold"}
        start = (float(way[0, 0]), float(way[0, 1]))
        plane.annotate(name, start, xytext=(0, 7), textcoords="offset points", **words)
        ax = figure.add_subplot(grid[row, 1])
        _show(ax, decode(way), len(way))
        ax.set_ylabel(name, rotation=0, labelpad=12, va="center", color=color, weight="bold")
    return figure


@drawing(x="N 2", learned="N 2", best="N 2", data="M 2")
def denoising_field(
    x: Tensor, learned: Tensor, best: Tensor, data: Tensor, *, ax: Axes | None = None
) -> Axes:
    """Where a denoiser sends noisy points, as arrows over the clean data: the learned and the best possible one.

    Args:
        x: noisy points (N, 2).
        learned: where the network sends them, (N, 2).
        best: where the posterior mean lies, (N, 2).
        data: clean points (M, 2).
    """
    ax = ax or plt.subplots(figsize=(6.4, 4.6))[1]
    ax.scatter(data[:, 0], data[:, 1], s=4, color=GREY, alpha=0.35, linewidths=0)
    for target, color, width, name in (
        (best, SKY, 5.0, "x + σ²∇log p_σ(x)"),
        (learned, VERMILION, 1.3, "denoiser"),
    ):
        look: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "color": color}
        ax.quiver(*x.T, *(target - x).T, label=name, width=width / 1000, **look)
    bare(ax, aspect="equal")
    ax.legend(loc="lower left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax
