"""The plane of codes: where the data lies in it, walks through it, and what each point decodes to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor
from torch.distributions import Normal

from gmcourse import expect
from gmcourse.viz.image_grid import tile
from gmcourse.viz.palette import BLUE, CLASSES, GREEN, GREY, INK, ORANGE, SKY, VERMILION, bare

WALKS = (VERMILION, BLUE, GREEN, ORANGE)
POINT: dict[str, Any] = {"color": VERMILION, "ms": 11, "mec": "white", "mew": 2}
Decode = Callable[[Tensor], Tensor]


@expect.drawing(n=">= 1")
def equal_mass_grid(n: int) -> Tensor:
    """Make points (n·n, 2) at quantiles of N(0, I), top row first: each has the same share of the prior."""
    quantiles = Normal(0.0, 1.0).icdf((torch.arange(n) + 0.5) / n)
    y, x = torch.meshgrid(quantiles.flip(0), quantiles, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


def _show(ax: Axes, x: Tensor, columns: int, gap: int = 1, **look: Any) -> None:
    """Show pictures in one sheet; grey ones are drawn as ink."""
    sheet = tile(x, columns, gap, paper=0.0 if x.shape[1] == 1 else 1.0)
    ax.imshow(sheet, cmap="gray_r" if sheet.ndim == 2 else None, vmin=0, vmax=1)
    bare(ax, **look)


def _decoded(decode: Decode, z: Tensor) -> Tensor:
    return expect.tensor("decode(codes)", decode(z), f"{len(z)} 1|3 H W")


@expect.drawing(n=">= 1")
def manifold(decode: Decode, n: int = 15) -> Callable[..., Figure]:
    """Make `draw(z1, z2)` for `explore`: a sheet of n × n latents of equal mass, and what a point decodes to."""
    sheet = _decoded(decode, equal_mass_grid(n))
    side = n * (sheet.shape[-1] + 2)

    def draw(z1: float, z2: float) -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 5), width_ratios=[1.7, 1])
        _show(left, sheet, n, gap=2, xlabel="z₁ →", ylabel="z₂ →")
        across, up = (side * Normal(0.0, 1.0).cdf(torch.tensor([z1, z2]))).tolist()
        left.plot(across, side - up, "o", **POINT)
        _show(right, _decoded(decode, torch.tensor([[z1, z2]])), 1, frame=False)
        return figure

    return draw


def _write_names(ax: Axes, x: Tensor, labels: Tensor, names: Sequence[str], clip: bool) -> None:
    """Write at each point (n, 2) the name of its class: a label says more than a colour."""
    for (u, v), label in zip(x.tolist(), labels.tolist(), strict=True):
        color = CLASSES[label % len(CLASSES)]
        ax.text(u, v, names[label], color=color, ha="center", va="center", clip_on=clip)


@expect.drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def codes(z: Tensor, labels: Tensor, names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw latents (N, 2) by the names of their classes, and circles of radius 1 and 2 around the origin."""
    ax = ax or plt.subplots(figsize=(5.6, 5.6))[1]
    _write_names(ax, z, labels, names, clip=False)
    for radius in (1, 2):
        ax.add_patch(Circle((0, 0), radius, fill=False, color=INK, linewidth=0.8, linestyle=":"))
    limit = max(2.5, float(z.abs().max()) * 1.05)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="z₁", ylabel="z₂", aspect="equal")
    return ax


@expect.drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def labelled_codes(
    z: Tensor, labels: Tensor, names: Sequence[str], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw codes (N, 2) by the names of their classes, on axes that hold nearly all of them."""
    ax = ax or plt.subplots(figsize=(5.2, 5.2))[1]
    _write_names(ax, z, labels, names, clip=True)
    low, high = z.quantile(0.002, dim=0), z.quantile(0.998, dim=0)
    margin = 0.06 * (high - low)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="z₁", ylabel="z₂", title=title)
    ax.grid(False)
    return ax


@torch.no_grad()
@expect.drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def explorer(decode: Decode, z: Tensor, labels: Tensor, names: Sequence[str]) -> Callable[..., Figure]:
    """Make `draw(z1, z2)` for `explore`: the codes with one point among them, and what the point decodes to."""

    def draw(z1: float, z2: float) -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4.2), width_ratios=[1.15, 1])
        labelled_codes(z, labels, names, left)
        left.plot(z1, z2, "o", **POINT)
        nearest = float((z - torch.tensor([z1, z2])).norm(dim=1).min())
        title = f"decoded; nearest code {nearest:.2f} away"
        _show(right, _decoded(decode, torch.tensor([[z1, z2]])), 1, title=title, frame=False)
        return figure

    return draw


@torch.no_grad()
@expect.drawing(z="N 2", labels="N; integer, >= 0", ways="T 2")
def walks(decode: Decode, z: Tensor, labels: Tensor, ways: Mapping[str, Tensor]) -> Figure:
    """Draw ways, codes (T, 2) by name, over dots z in the colours of their classes, and the pictures on each."""
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
        words: dict[str, Any] = {"color": INK, "ha": "center", "weight": "bold"}
        start = (float(way[0, 0]), float(way[0, 1]))
        plane.annotate(name, start, xytext=(0, 7), textcoords="offset points", **words)
        ax = figure.add_subplot(grid[row, 1])
        _show(ax, _decoded(decode, way), len(way), frame=False)
        ax.set_ylabel(name, rotation=0, labelpad=12, va="center", color=color, weight="bold")
    return figure


@expect.drawing(x="N 2", learned="N 2", best="N 2", data="M 2")
def denoising_field(x: Tensor, learned: Tensor, best: Tensor, data: Tensor) -> Axes:
    """Draw where the network and the posterior mean send noisy points x (N, 2), as arrows over clean data (M, 2)."""
    ax = plt.subplots(figsize=(6.4, 4.6))[1]
    ax.scatter(data[:, 0], data[:, 1], s=4, color=GREY, alpha=0.35, linewidths=0)
    arrows = (best, SKY, 5.0, r"$x + \sigma^2\nabla\log p_\sigma(x)$"), (learned, VERMILION, 1.3, "denoiser")
    for target, color, width, name in arrows:
        look: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "color": color}
        ax.quiver(*x.T, *(target - x).T, label=name, width=width / 1000, **look)
    bare(ax, frame=False, aspect="equal")
    ax.legend(loc="lower left")
    return ax
