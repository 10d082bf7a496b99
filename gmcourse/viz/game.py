"""The game of a generator and a discriminator, seen from above."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import GREEN, INK, SIGNED, bare
from gmcourse.viz.plane import Extent, grid

SIDE, ARROWS = 90, 60
Map = Callable[[Tensor], Tensor]


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
        expect.fields(self, step=">= 0", belief="S S; >= 0 <= 1", samples="n 2", pushes="n 2")


def _logits(discriminator: Map, x: Tensor) -> Tensor:
    logits = expect.tensor("discriminator(points)", discriminator(x))
    expect.whole("the number of logits of discriminator(points)", logits.numel(), least=len(x), most=len(x))
    return logits


@expect.door(step=">= 0", z="n D")
def record(step: int, discriminator: Map, generator: Map, generator_loss: Map, z: Tensor, extent: Extent) -> Frame:
    """Look at both players, at the latents z, and at the slope of the generator's loss in each sample."""
    with torch.no_grad():
        belief = _logits(discriminator, grid(extent, SIDE).to(z)).sigmoid().reshape(SIDE, SIDE).cpu()
        samples = expect.tensor("generator(z)", generator(z), f"{len(z)} 2").detach()  # not the reader's own
    with torch.enable_grad():
        samples.requires_grad_(True)
        # the loss is a mean; times n it is each sample's own
        loss = expect.tensor("generator_loss(logits)", generator_loss(_logits(discriminator, samples)), "")
        if not loss.requires_grad:
            expect.refuse("generator_loss(logits)", "without a gradient", "a loss computed from the logits")
        pushes = -torch.autograd.grad(len(z) * loss, samples)[0]
    return Frame(step, belief, samples.detach().cpu(), pushes.cpu(), extent)


def _game(frame: Frame, data: Tensor, ax: Axes) -> None:
    """Draw one moment: what D believes, the data (n, 2), the samples, and where the loss pulls some of them."""
    shown = ax.imshow(frame.belief.numpy(), extent=frame.extent, origin="lower", cmap=SIGNED, alpha=0.75)
    shown.set_clim(0, 1)
    ax.scatter(data[:, 0], data[:, 1], s=5, color=INK, alpha=0.45, linewidths=0)
    ax.scatter(frame.samples[:, 0], frame.samples[:, 1], s=12, color=GREEN, edgecolor="white", linewidths=0.4)
    x, push = frame.samples[:ARROWS].numpy(), frame.pushes[:ARROWS].numpy()
    ax.quiver(*x.T, *push.T, color=INK, angles="xy", scale=12, scale_units="width", width=0.006, alpha=0.8)
    bare(ax, xlim=frame.extent[:2], ylim=frame.extent[2:], aspect="equal")
    ax.set_title(f"step {frame.step}")


@expect.drawing(data="n 2")
def film(rows: Mapping[str, Sequence[Frame]], data: Tensor) -> Figure:
    """Draw several moments of one game or more, a row each."""
    columns = max(len(frames) for frames in rows.values())
    for name, frames in rows.items():
        expect.whole(f"the number of frames in rows[{name!r}]", len(frames), least=columns)
    figure, axes = plt.subplots(len(rows), columns, figsize=(2.35 * columns, 2.6 * len(rows)), squeeze=False)
    for place, (name, frames) in zip(axes, rows.items(), strict=True):
        for ax, frame in zip(place, frames, strict=True):
            _game(frame, data, ax)
        place[0].set_ylabel(name)
    return figure
