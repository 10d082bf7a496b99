"""The plane of an autoencoder's codes: where the data lies, walks through it, and what they decode to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse.viz.image_grid import tile
from gmcourse.viz.palette import BLUE, CLASSES, GREEN, GREY, INK, ORANGE, SKY, VERMILION

WALKS = (VERMILION, BLUE, GREEN, ORANGE)


def _check(z: Tensor) -> None:
    if z.ndim != 2 or z.shape[1] != 2:
        raise ValueError(f"got shape {tuple(z.shape)}; expected codes (N, 2)")


def labelled_codes(
    z: Tensor, labels: Tensor, names: Sequence[str], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Codes (N, 2), each drawn as the name of its class, on axes that hold nearly all of them."""
    _check(z)
    ax = ax or plt.subplots(figsize=(5.2, 5.2))[1]
    for (x, y), label in zip(z.tolist(), labels.tolist(), strict=True):
        ax.text(
            x,
            y,
            names[label],
            color=CLASSES[label % len(CLASSES)],
            fontsize=8,
            ha="center",
            va="center",
            clip_on=True,
        )
    low, high = z.quantile(0.002, dim=0), z.quantile(0.998, dim=0)
    margin = 0.06 * (high - low)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="z₁", ylabel="z₂", title=title)
    ax.grid(False)
    return ax


def _show(ax: Axes, x: Tensor, columns: int, title: str = "") -> None:
    sheet = tile(x, columns, gap=1, paper=0.0 if x.shape[1] == 1 else 1.0)
    ax.imshow(sheet, cmap="gray_r" if sheet.ndim == 2 else None, vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[], title=title)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)


@torch.no_grad()
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
    _check(z)

    def draw(z1: float, z2: float) -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4.2), width_ratios=[1.15, 1])
        labelled_codes(z, labels, names, left)
        left.plot(z1, z2, "o", color=VERMILION, markersize=11, markeredgecolor="white", markeredgewidth=2)
        here = torch.tensor([[z1, z2]]).to(z)
        nearest = float((z - here).norm(dim=1).min())
        _show(right, decode(here), 1, f"decoded; nearest code {nearest:.2f} away")
        return figure

    return draw


@torch.no_grad()
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
    _check(z)
    if len(ways) > len(WALKS):
        raise ValueError(f"{len(ways)} ways; expected at most {len(WALKS)}, one a colour")
    figure = plt.figure(figsize=(10.2, 4.4))
    grid = figure.add_gridspec(len(ways), 2, width_ratios=[1, 1.45])
    plane = figure.add_subplot(grid[:, 0])
    plane.scatter(
        *z.cpu().T,
        s=7,
        c=[CLASSES[i % len(CLASSES)] for i in labels.tolist()],
        alpha=0.55,
        linewidths=0,
    )
    plane.set(xlabel="z₁", ylabel="z₂")
    for row, ((name, way), color) in enumerate(zip(ways.items(), WALKS, strict=False)):
        plane.plot(*way.cpu().T, "o-", color=color, markersize=4, linewidth=1.5, markeredgecolor="white")
        plane.annotate(
            name,
            (float(way[0, 0]), float(way[0, 1])),
            xytext=(0, 7),
            textcoords="offset points",
            color=INK,
            fontsize=11,
            ha="center",
            weight="bold",
        )
        ax = figure.add_subplot(grid[row, 1])
        _show(ax, decode(way), len(way))
        ax.set_ylabel(name, rotation=0, labelpad=12, va="center", color=color, weight="bold")
    return figure


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
    for points in (x, learned, best, data):
        _check(points)
    x, learned, best, data = (points.detach().cpu() for points in (x, learned, best, data))
    ax = ax or plt.subplots(figsize=(6.4, 4.6))[1]
    ax.scatter(*data.T, s=4, color=GREY, alpha=0.35, linewidths=0)
    for target, color, width, name in (
        (best, SKY, 5.0, "x + σ²∇log p_σ(x)"),
        (learned, VERMILION, 1.3, "denoiser"),
    ):
        ax.quiver(
            *x.T,
            *(target - x).T,
            angles="xy",
            scale_units="xy",
            scale=1,
            color=color,
            width=width / 1000,
            label=name,
        )
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.grid(False)
    ax.legend(loc="lower left")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax
