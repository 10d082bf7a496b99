"""Changes of variables: histograms pushed through maps, warped grids, densities beside each other."""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.precision import single
from gmcourse.viz.palette import BLUE, GREY, INK, ORANGE, SIGNED, bare
from gmcourse.viz.plane import SIZE, Extent, density, grid, points

Map = Callable[[Tensor], Tensor]


@torch.no_grad()
@expect.drawing(x="n", z="n")
def pushed_histogram(x: Tensor, z: Tensor, log_p_x: Map, log_p_z: Map) -> Figure:
    """Draw histograms of samples x (n,) and of their images z (n,) under predicted densities."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.0))
    bins = 90
    for ax, name, values, log_p, color in zip(axes, "xz", (x, z), (log_p_x, log_p_z), (BLUE, ORANGE), strict=True):
        low, high = torch.quantile(values[:100_000], values.new_tensor([0.002, 0.998])).tolist()
        expect.number(f"the spread of {name}", high - low, above=0)
        # a share of all samples, those outside too
        share = torch.full_like(values, bins / (high - low) / len(values))
        ax.hist(values.double(), bins=bins, range=(low, high), weights=share, color=color, alpha=0.35)
        line = torch.linspace(low, high, 500)
        predicted = expect.tensor(f"log_p_{name}(points)", log_p(line), "500", minus_infinity=True)
        ax.plot(line, single(predicted).exp().cpu(), color=INK, label="predicted")
        ax.set(xlabel=name, ylabel="density", xlim=(low, high))
    axes[0].set_title("before")
    axes[1].set_title("after")
    axes[1].legend()
    return figure


def _lines(extent: Extent, count: int, fine: int) -> Tensor:
    """Make the horizontal, then the vertical lines of a grid, (2·count, fine, 2)."""
    left, right, bottom, top = extent
    y, x = torch.meshgrid(torch.linspace(bottom, top, count), torch.linspace(left, right, fine), indexing="ij")
    u, v = torch.meshgrid(torch.linspace(left, right, count), torch.linspace(bottom, top, fine), indexing="ij")
    return torch.cat([torch.stack([x, y], -1), torch.stack([u, v], -1)])


@torch.no_grad()
@expect.drawing(count=">= 2")
def warped_grid(forward: Map, extent: Extent, ax: Axes | None = None, *, count: int = 21, title: str = "") -> Axes:
    """Draw a square grid over the extent after a map of points (n, 2) → (n, 2)."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    lines = _lines(extent, count, 120)
    image = expect.tensor("forward(points)", forward(lines.reshape(-1, 2)), f"{240 * count} 2")
    image = single(image).reshape(lines.shape).cpu()  # the map may live on a GPU
    for i, line in enumerate(image):
        ax.plot(line[:, 0], line[:, 1], color=BLUE if i < count else ORANGE, linewidth=0.8)
    ax.set(aspect="equal", title=title)
    ax.grid(False)
    return ax


@torch.no_grad()
@expect.drawing(samples="n 2")
def learned_density(flow_log_prob: Map, truth_log_prob: Map, samples: Tensor, extent: Extent) -> Figure:
    """Draw the true density, the learned one, its samples, and the signed difference of the densities."""
    figure, axes = plt.subplots(1, 4, figsize=(10, 2.8))
    density(truth_log_prob, extent, axes[0])
    density(flow_log_prob, extent, axes[1])
    points(samples, axes[2], s=3)
    axes[2].set(xlim=extent[:2], ylim=extent[2:])
    where = grid(extent)
    flow, truth = (each(where).exp().reshape(SIZE, SIZE).cpu() for each in (flow_log_prob, truth_log_prob))
    difference, limit = flow - truth, float(truth.max())
    axes[3].imshow(difference, extent=extent, origin="lower", cmap=SIGNED, vmin=-limit, vmax=limit)
    for ax, title in zip(axes, ("truth", "flow", "samples of the flow", "flow − truth"), strict=True):
        bare(ax, title=title)
    return figure


@torch.no_grad()
@expect.drawing(color="n", stages="n 2")
def layers(stages: Mapping[str, Tensor], color: Tensor) -> Figure:
    """Draw the same points after each of several maps, coloured by one number a point, to be followed."""
    figure, axes = plt.subplots(1, len(stages), figsize=(2.2 * len(stages), 2.5), squeeze=False)
    for ax, (name, x) in zip(axes[0], stages.items(), strict=True):
        ax.scatter(x[:, 0], x[:, 1], c=color, s=3, cmap="viridis", linewidths=0)
        bare(ax, title=name)
        ax.set_aspect("equal", adjustable="datalim")
        ax.axhline(0, color=GREY, linewidth=0.5)
        ax.axvline(0, color=GREY, linewidth=0.5)
    return figure


@expect.drawing(named="H W")
def matrices(named: Mapping[str, Tensor]) -> Figure:
    """Draw sparsity patterns side by side: an entry is dark where it is not zero."""
    figure, axes = plt.subplots(1, len(named), figsize=(2.5 * len(named), 2.7), squeeze=False)
    for ax, (name, matrix) in zip(axes[0], named.items(), strict=True):
        ax.imshow((matrix != 0).float(), cmap="Blues", vmin=0, vmax=1.3)
        bare(ax, title=name, xlabel="input", ylabel="output")
    return figure
