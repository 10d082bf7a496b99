"""Rows and grids of images."""

import io
import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import bare


@expect.drawing(x="N 1|3 H W; unit", columns=">= 1", gap=">= 0")
def tile(x: Tensor, columns: int, gap: int = 1, paper: float = 1.0) -> np.ndarray:
    """Join images x (N, C, H, W) in [0, 1] to one picture (H', W') or (H', W', 3), `paper` between them."""
    n, channels, height, width = x.shape
    rows = math.ceil(n / columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    sheet = np.full(size, paper, dtype=np.float32)
    pictures = x.float().clamp(0, 1).permute(0, 2, 3, 1).numpy()
    for i, picture in enumerate(pictures):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet[..., 0] if channels == 1 else sheet


@expect.drawing(x="N 1|3 H W; unit")
def as_png(x: Tensor) -> bytes:
    """Write images (N, C, H, W) in [0, 1] side by side, pixel for pixel, as the content of a PNG file."""
    content = io.BytesIO()
    plt.imsave(content, tile(x, math.ceil(math.sqrt(len(x)))), cmap="gray", vmin=0, vmax=1, format="png")
    return content.getvalue()


@expect.drawing(x="N 1|3 H W; unit", columns=">= 1", zoom="> 0")
def images(
    x: Tensor | Sequence[Tensor],
    *,
    columns: int | None = None,
    labels: Sequence[str] | None = None,
    titles: Sequence[str] | None = None,
    zoom: float = 1.0,
    ax: Axes | None = None,
) -> Figure:
    """Draw images in a grid, or several rows of images with a label each; grey ones as ink on paper.

    x is (N, C, H, W) in [0, 1], C one or three; or a sequence of those: one row each. By default a grid is as square
    as can be. A zoom of 1 gives a column about 1.6 cm.
    """
    rows = [x] if isinstance(x, Tensor) else list(x)
    square = columns or math.ceil(math.sqrt(len(x) * 1.6))
    columns = square if isinstance(x, Tensor) else max(len(row) for row in rows)
    for name, words, many in (("labels", labels, len(rows)), ("titles", titles, columns)):
        if words is not None:
            expect.whole(f"the number of {name}", len(words), least=many, most=many)
    gap, inverted = max(1, rows[0].shape[-1] // 16), rows[0].shape[1] == 1
    sheets = [tile(row, columns, gap, paper=0.0 if inverted else 1.0) for row in rows]
    height, width = sheets[0].shape[0], sheets[0].shape[1]
    if ax is None:
        margin = 1.2 if labels else 0
        inches = min(0.66 * zoom * columns, 11 - margin)  # what a page shows without scrolling
        size = (inches + margin, len(rows) * inches * height / width + (0.3 if titles else 0))
        figure, axes = plt.subplots(len(rows), 1, figsize=size, squeeze=False)
        places = list(axes[:, 0])
    else:
        found, places = ax.get_figure(root=True), [ax]
        assert found is not None
        figure = found
        if len(rows) != 1:
            expect.refuse("ax", "one place for several rows", "None: they need a figure of their own")
    for i, (place, sheet) in enumerate(zip(places, sheets, strict=True)):
        place.imshow(sheet, cmap="gray_r" if inverted else "gray", vmin=0, vmax=1)
        bare(place, frame=False)
        if labels is not None:
            place.set_ylabel(labels[i], rotation=0, ha="right", va="center")
        if titles is not None and i == 0:
            step = rows[0].shape[-1] + gap
            place.xaxis.tick_top()
            place.set_xticks([step * (c + 0.5) - gap for c in range(columns)], titles)
            place.tick_params(length=0)
    return figure
