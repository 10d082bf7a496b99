"""The game of a generator and a discriminator, seen from above."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import door, drawing, fields
from gmcourse.viz.look import bare, figure_of, write_names
from gmcourse.viz.palette import CYCLE, GREEN, GREY, INK, SIGNED
from gmcourse.viz.plane import SIZE, Extent, grid

SIDE, ARROWS = 90, 60


@dataclass(frozen=True)
class Frame:
    """The game at one moment, as numbers: it can be drawn long after the networks have moved on.

    `belief` is D over the grid of `extent`, (SIDE, SIDE), in [0, 1]; `pushes` say where the generator's loss pulls
    each sample, (n, 2): minus its gradient.
    """

    step: int
    belief: Tensor
    samples: Tensor
    pushes: Tensor
    extent: Extent

    def __post_init__(self) -> None:
        fields(self, step=">= 0", belief="S S", samples="n 2", pushes="n 2")


@door(step=">= 0", z="n D")
def record(
    step: int,
    discriminator: Callable[[Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    generator_loss: Callable[[Tensor], Tensor],
    z: Tensor,
    extent: Extent,
) -> Frame:
    """Look at both players, at the latents z, and at the slope of the generator's loss in each sample."""
    with torch.no_grad():
        belief = discriminator(grid(extent, SIDE).to(z)).sigmoid().reshape(SIDE, SIDE).cpu()
        samples = generator(z)
    with torch.enable_grad():
        samples.requires_grad_(True)
        # the loss is a mean; times n it is each sample's own
        loss = len(z) * generator_loss(discriminator(samples))
        pushes = -torch.autograd.grad(loss, samples)[0]
    return Frame(step, belief, samples.detach().cpu(), pushes.cpu(), extent)


@torch.no_grad()
@drawing()
def belief(
    logit: Callable[[Tensor], Tensor], extent: Extent, ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw D = σ(logit) over the plane: blue where it says data, orange where it says sample, white at ½."""
    ax = ax or plt.subplots(figsize=(4.2, 4.2))[1]
    logits = expect.tensor("logit(points)", logit(grid(extent)), minus_infinity=True)
    values = logits.sigmoid().reshape(SIZE, SIZE).cpu().numpy()
    drawn = ax.imshow(values, extent=extent, origin="lower", cmap=SIGNED, vmin=0, vmax=1)
    ax.grid(False)
    ax.set_title(title)
    figure_of(ax).colorbar(drawn, ax=ax, shrink=0.8, ticks=[0, 0.5, 1], label="D(x)")
    return ax


@drawing(data="n 2")
def game(frame: Frame, data: Tensor, ax: Axes | None = None) -> Figure:
    """Draw one moment: what D believes, the data (n, 2), the samples, and where they are pulled. The arrows
    of the first ARROWS samples are as long as the slope up to a common scale.
    """
    ax = ax or plt.subplots(figsize=(4.6, 4.6))[1]
    shown = ax.imshow(frame.belief.numpy(), extent=frame.extent, origin="lower", cmap=SIGNED, alpha=0.75)
    shown.set_clim(0, 1)
    ax.scatter(data[:, 0], data[:, 1], s=5, color=INK, alpha=0.45, linewidths=0)
    ax.scatter(frame.samples[:, 0], frame.samples[:, 1], s=12, color=GREEN, edgecolor="white", linewidths=0.4)
    x, push = frame.samples[:ARROWS].numpy(), frame.pushes[:ARROWS].numpy()
    ax.quiver(*x.T, *push.T, color=INK, angles="xy", scale=12, scale_units="width", width=0.006, alpha=0.8)
    bare(ax, xlim=frame.extent[:2], ylim=frame.extent[2:], aspect="equal")
    ax.set_title(f"step {frame.step}")
    return figure_of(ax)


@drawing(data="n 2")
def film(rows: Mapping[str, Sequence[Frame]], data: Tensor) -> Figure:
    """Draw several moments of one game or more, a row each."""
    columns = max(len(frames) for frames in rows.values())
    figure, axes = plt.subplots(len(rows), columns, figsize=(2.35 * columns, 2.6 * len(rows)), squeeze=False)
    for place, (name, frames) in zip(axes, rows.items(), strict=True):
        for ax, frame in zip(place, frames, strict=True):
            game(frame, data, ax)
        place[0].set_ylabel(name)
    return figure


@drawing(rows="R n 2", centres="K 2")
def grids(
    rows: Mapping[str, Tensor], centres: Tensor, verdict: Callable[[Tensor], tuple[int, float]]
) -> Figure:
    """Draw samples of several runs (runs, n, 2) over the modes (K, 2), a row a set-up.

    `verdict` maps samples (n, 2) to the number of modes hit and the share of good samples, which are written above.
    """
    columns = max(len(samples) for samples in rows.values())
    size = (1.95 * columns + 0.6, 2.25 * len(rows))
    figure, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False)
    reach = 1.2 * float(centres.abs().max())
    for place, (name, runs) in zip(axes, rows.items(), strict=True):
        for ax, samples in zip(place, runs, strict=True):
            modes, good = verdict(samples)
            ax.scatter(centres[:, 0], centres[:, 1], s=60, facecolors="none", edgecolors=GREY, linewidths=0.7)
            ax.scatter(samples[:, 0], samples[:, 1], s=2.5, color=GREEN, alpha=0.5, linewidths=0)
            bare(ax, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            ax.set_title(f"{modes} of {len(centres)}, {good:.0%}", fontsize=10)
        place[0].set_ylabel(name)
    return figure


@drawing(named="n")
def histograms(named: Mapping[str, Tensor], *, xlabel: str) -> Axes:
    """Draw outlines of the distributions of several sets of numbers, over common bins."""
    ax = plt.subplots(figsize=(6.4, 3.2))[1]
    arrays = {name: values.numpy() for name, values in named.items()}
    together = np.concatenate(list(arrays.values()))
    edges = np.linspace(together.min(), together.max(), 41).tolist()
    for i, (name, values) in enumerate(arrays.items()):
        line = ("-", "--", "-.", ":")[i % 4]
        ax.hist(values, edges, density=True, histtype="step", linewidth=2, linestyle=line, label=name)
        ax.hist(values, edges, density=True, alpha=0.12, color=CYCLE[i])
    ax.set(xlabel=xlabel, ylabel="density", yticks=[])
    ax.legend()
    return ax


@drawing(x="N 2", names="K:", labels="N; integer, >= 0 < K")
def written(x: Tensor, labels: Tensor, names: Sequence[str], ax: Axes, title: str = "") -> Axes:
    """Draw points (n, 2) of an embedding by the names of their classes; the axes mean nothing."""
    write_names(ax, x, labels, names, 7, clip=False)
    low, high = x.min(0).values, x.max(0).values
    margin = 0.04 * (high - low)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    bare(ax, xlim=(left, right), ylim=(bottom, top), title=title)
    return ax
