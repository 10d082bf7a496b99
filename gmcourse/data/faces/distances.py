"""Signed distances of plane shapes, negative inside, and the share of a pixel that a shape covers.

All of them take coordinates of any broadcastable shape and are differentiable almost everywhere.
The formulas are the well-known ones for distance fields; the ellipse's is a first-order approximation that
is exact on the outline, where it matters.
"""

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
