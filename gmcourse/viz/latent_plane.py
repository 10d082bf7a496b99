"""A two-dimensional latent space: where the data lies in it, and what each point decodes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor
from torch.distributions import Normal

from gmcourse.expect.door import drawing
from gmcourse.viz.image_grid import tile
from gmcourse.viz.look import bare
from gmcourse.viz.palette import CLASSES, INK


@drawing(n=">= 1")
def equal_mass_grid(n: int) -> Tensor:
    """Points (n·n, 2) at quantiles of N(0, I), top row first: each stands for the same share of the prior."""
    quantiles = Normal(0.0, 1.0).icdf((torch.arange(n) + 0.5) / n)
    y, x = torch.meshgrid(quantiles.flip(0), quantiles, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


@torch.no_grad()
@drawing(n=">= 1")
def manifold(decode: Callable[[Tensor], Tensor], n: int = 15, ax: Axes | None = None) -> Figure:
    """Decode a grid of n × n latents, evenly spread in the prior's mass, into one sheet.

    Args:
        decode: latents (N, 2) → images (N, C, H, W) in [0, 1].
        n: pictures a side.
        ax: where to draw.
    """
    ax = ax or plt.subplots(figsize=(5.6, 5.6))[1]
    pictures = decode(equal_mass_grid(n))
    paper = 0.0 if pictures.shape[1] == 1 else 1.0  # grey ones are drawn as ink
    sheet = tile(pictures, n, gap=2, paper=paper)
    ax.imshow(sheet, cmap="gray_r" if sheet.ndim == 2 else None, vmin=0, vmax=1)
    bare(ax, xlabel="z₁ →", ylabel="z₂ →")
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


@drawing(z="N 2", names="K:", labels="N; integer, >= 0 < K")
def codes(z: Tensor, labels: Tensor, names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Latents (N, 2), each drawn as the name of its class: a label says more than a colour."""
    ax = ax or plt.subplots(figsize=(5.6, 5.6))[1]
    for (x, y), label in zip(z.tolist(), labels.tolist(), strict=True):
        ax.text(x, y, names[label], color=CLASSES[label % len(CLASSES)], fontsize=8, ha="center", va="center")
    for radius in (1, 2):
        ax.add_patch(Circle((0, 0), radius, fill=False, color=INK, linewidth=0.8, linestyle=":"))
    limit = max(2.5, float(z.abs().max()) * 1.05)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="z₁", ylabel="z₂", aspect="equal")
    return ax
