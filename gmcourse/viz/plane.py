"""Densities and points in the plane."""

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, CLASSES, DENSITY

Extent = tuple[float, float, float, float]
SIZE = 160  # points of a grid along each side


@expect.drawing(size=">= 2")
def grid(extent: Extent, size: int = SIZE) -> Tensor:
    """Make points (size·size, 2) of a regular grid over extent = (left, right, bottom, top), row by row."""
    left, right, bottom, top = extent
    if not (left < right and bottom < top):
        expect.refuse("extent", extent, "left < right and bottom < top")
    y, x = torch.meshgrid(torch.linspace(bottom, top, size), torch.linspace(left, right, size), indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


@torch.no_grad()
@expect.drawing()
def density(log_prob: Callable[[Tensor], Tensor], extent: Extent, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw exp(log_prob) of points (n, 2) as a heat map over extent = (left, right, bottom, top)."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    log_p = expect.tensor("log_prob(points)", log_prob(grid(extent)), f"{SIZE**2}", minus_infinity=True)
    values = log_p.cpu().double().exp().reshape(SIZE, SIZE)
    ax.imshow(values.numpy(), extent=extent, origin="lower", cmap=DENSITY, interpolation="bilinear")
    ax.set(title=title, aspect="equal")
    ax.grid(False)
    return ax


@expect.drawing(x="n 2", c="n; integer, >= 0")
def points(x: Tensor, ax: Axes | None = None, *, c: Tensor | None = None, **style: Any) -> Axes:
    """Scatter points x (n, 2), in the colours of classes c (n,); the style goes to `ax.scatter`."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    colour = BLUE if c is None else [CLASSES[each % len(CLASSES)] for each in c.tolist()]
    ax.scatter(x[:, 0], x[:, 1], **{"s": 7, "alpha": 0.6, "linewidths": 0, "color": colour, **style})
    ax.set_aspect("equal")
    return ax
