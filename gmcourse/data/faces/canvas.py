"""Where the parts are painted: a batch of pictures and the coordinates of their pixels.

x runs to the right and y downwards, both from −VIEW to VIEW over the picture, whatever its size. Shapes are signed
distances, negative inside, of any broadcastable shape and differentiable almost everywhere.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

EPSILON = 1e-8  # under square roots, so that their gradients stay finite

Scalar = Tensor | float


def circle(x: Tensor, y: Tensor, radius: Scalar) -> Tensor:
    """Measure the distance to a circle around the origin."""
    return (x * x + y * y + EPSILON).sqrt() - radius


def ellipse(x: Tensor, y: Tensor, rx: Scalar, ry: Scalar) -> Tensor:
    """Measure the distance to an ellipse around the origin, to first order: f / |∇f| for f = |p/r| − 1."""
    u, v = x / rx, y / ry
    f = (u * u + v * v + EPSILON).sqrt()
    u, v = u / rx, v / ry
    return f * (f - 1) / (u * u + v * v + EPSILON).sqrt()


def rounded_box(x: Tensor, y: Tensor, half_width: Scalar, half_height: Scalar, radius: Scalar) -> Tensor:
    """Distance to a box around the origin whose corners are quarter circles."""
    u, v = x.abs() - half_width + radius, y.abs() - half_height + radius
    outside = (u.clamp_min(0) ** 2 + v.clamp_min(0) ** 2 + EPSILON).sqrt()
    return outside + torch.maximum(u, v).clamp_max(0) - radius


def segment(x: Tensor, y: Tensor, x1: Scalar, y1: Scalar) -> tuple[Tensor, Tensor]:
    """Distance to the segment from the origin to (x1, y1), and how far along it the nearest point is, 0 … 1."""
    along = ((x * x1 + y * y1) / (x1 * x1 + y1 * y1)).clamp(0, 1)
    u, v = x - along * x1, y - along * y1
    return (u * u + v * v + EPSILON).sqrt(), along


def smooth_minimum(a: Tensor, b: Tensor, width: Scalar) -> Tensor:
    """Unite two shapes, with a fillet of this width where they meet."""
    h = (width - (a - b).abs()).clamp_min(0) / width
    return torch.minimum(a, b) - h * h * (width / 4)


def smooth_maximum(a: Tensor, b: Tensor, width: Scalar) -> Tensor:
    """Intersect two shapes, with a rounded edge of this width."""
    return -smooth_minimum(-a, -b, width)


def coverage(distance: Tensor, pixel: float) -> Tensor:
    """Measure the share of a pixel on the inner side of a straight edge at this distance: a box filter."""
    return (0.5 - distance / pixel).clamp(0, 1)


def between(first: Tensor, second: Tensor, pixel: float) -> Tensor:
    """Measure the share of a pixel inside two facing edges; a thinner strip fades instead of breaking up."""
    return (coverage(first, pixel) + coverage(second, pixel) - 1).clamp_min(0)


def stroke(distance: Tensor, half_thickness: Scalar, pixel: float) -> Tensor:
    """Measure the share of a pixel that a line covers, from the distance to the middle of the line."""
    return between(distance - half_thickness, -distance - half_thickness, pixel)


def smooth_step(x: Tensor, start: float, end: float) -> Tensor:
    """Rise from 0 before `start` to 1 after `end`, along a cubic without corners."""
    t = ((x - start) / (end - start)).clamp(0, 1)
    return t * t * (3 - 2 * t)


VIEW = 0.91  # half the side of the picture
MAX_TILT = 0.24  # radians
PIVOT = (0.0, 0.55)  # the head leans about the top of the neck
REACH = 0.06  # room that a window leaves around the box that was asked for


@dataclass
class Window:
    """A part of the canvas, so that an eye does not cost the pixels of a whole picture.

    It has some rows and columns; x and y are the place of each pixel, (B or 1, h, w), in the frame asked for.
    """

    canvas: "Canvas"
    rows: slice
    columns: slice
    x: Tensor
    y: Tensor

    def paint(self, color: Tensor, cover: Tensor) -> None:
        """Lay a colour (B or 1, 3), or (B or 1, 3, h, w), over the pixels with an opacity (B or 1, h, w) in 0 … 1."""
        if color.ndim == 2:
            color = color[:, :, None, None]
        below = self.canvas.pixels[:, :, self.rows, self.columns]
        cover = cover[:, None]
        if torch.is_grad_enabled():  # nothing may be overwritten that a gradient needs
            self.canvas.pixels[:, :, self.rows, self.columns] = below + cover * (color - below)
        else:
            below.lerp_(color, cover.expand(len(below), 1, *below.shape[2:]))

    def shade(self, factor: tuple[float, float, float], cover: Tensor) -> None:
        """Multiply the pixels by a colour, as a shadow does."""
        below = self.canvas.pixels[:, :, self.rows, self.columns]
        tint = below.new_tensor(factor).view(1, 3, 1, 1) - 1
        self.canvas.pixels[:, :, self.rows, self.columns] = below + below * tint * cover[:, None]

    def fill(self, color: Tensor, distance: Tensor, opacity: Tensor | float = 1.0) -> None:
        """Lay a colour over the inside of a shape."""
        self.paint(color, coverage(distance, self.canvas.pixel) * opacity)


class Canvas:
    """A batch of n square pictures under construction; each head leans by `tilt` (B, 1, 1), −1 … 1."""

    def __init__(self, n: int, size: int, tilt: Tensor) -> None:
        self.size = size
        self.pixel = 2 * VIEW / size
        self.pixels = tilt.new_zeros(n, 3, size, size)
        ticks = (torch.arange(size, device=tilt.device, dtype=tilt.dtype) + 0.5) * self.pixel - VIEW
        self.x, self.y = ticks.view(1, 1, size), ticks.view(1, size, 1)
        angle = tilt * MAX_TILT
        cos, sin = angle.cos(), angle.sin()
        dx, dy = self.x - PIVOT[0], self.y - PIVOT[1]
        # the frame of the head: upright, whatever the tilt
        self.head_x = cos * dx + sin * dy + PIVOT[0]
        self.head_y = cos * dy - sin * dx + PIVOT[1]

    def _slice(self, low: float, high: float) -> slice:
        first = math.floor((low + VIEW) / self.pixel)
        last = math.ceil((high + VIEW) / self.pixel)
        return slice(max(first, 0), min(last, self.size))

    def window(self, x0: float = -1, x1: float = 1, y0: float = -1, y1: float = 1) -> Window:
        """Open a box in the frame of the picture."""
        rows, columns = self._slice(y0, y1), self._slice(x0, x1)
        return Window(self, rows, columns, self.x[:, :, columns], self.y[:, rows])

    def head_window(self, x0: float, x1: float, y0: float, y1: float) -> Window:
        """Open a box in the frame of the head, grown so that it holds the part however far the head leans."""
        turns = [(math.cos(angle), math.sin(angle)) for angle in (-MAX_TILT, 0.0, MAX_TILT)]
        corners = [(x - PIVOT[0], y - PIVOT[1]) for x in (x0, x1) for y in (y0, y1)]
        xs = [cos * dx - sin * dy + PIVOT[0] for dx, dy in corners for cos, sin in turns]
        ys = [sin * dx + cos * dy + PIVOT[1] for dx, dy in corners for cos, sin in turns]
        rows = self._slice(min(ys) - REACH, max(ys) + REACH)
        columns = self._slice(min(xs) - REACH, max(xs) + REACH)
        return Window(self, rows, columns, self.head_x[:, rows, columns], self.head_y[:, rows, columns])
