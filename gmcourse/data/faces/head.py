"""The head itself: ears, skin, the shaded side, cheeks."""

from __future__ import annotations

import torch
from torch import Tensor

from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import coverage, ellipse, smooth_step
from gmcourse.data.faces.face import Face
from gmcourse.data.faces.hair import front_hair

SOFT = 0.03  # width of the edge between light and shade


def paint_ears(canvas: Canvas, face: Face) -> None:
    """One on each side, behind the head; the far one slips out of sight when the head turns."""
    for side in (-1.0, 1.0):
        middle = side * (face.half_width + 0.005) - 0.055 * face["yaw"]
        window = canvas.head_window(side * 0.47 - 0.17, side * 0.47 + 0.17, -0.12, 0.24)
        x, y = window.x - middle, window.y - 0.06
        window.fill(face.skin, ellipse(x, y, 0.075, 0.115))
        window.fill(face.skin_shade, ellipse(x - side * 0.008, y, 0.038, 0.066), 0.8)


def paint_head(canvas: Canvas, face: Face) -> None:
    """Skin, a crescent of shade away from the light, rosy cheeks, and what the hair shades."""
    window = canvas.head_window(-0.52, 0.52, -0.62, 0.64)
    x, y = window.x, window.y
    outline = face.outline(x, y)
    inside = coverage(outline, canvas.pixel)
    window.paint(face.skin, inside)
    if face.detail is not None:
        window.shade((0.90, 0.84, 0.82), inside * (0.38 + 0.62 * face.detail.pores(x, y)).clamp(0, 1))
    _cheeks(canvas, face)
    light = face["light"]
    lit = face.outline(x + 0.20 * light, y + 0.045 - 0.02 * light.abs())
    shade = coverage(torch.maximum(outline, -lit), SOFT) * inside
    under_hair = coverage(front_hair(face, x + 0.03 * light, y - 0.05), SOFT) * inside
    window.paint(face.skin_shade, torch.maximum(shade, under_hair))


def _cheeks(canvas: Canvas, face: Face) -> None:
    """A blush that a smile lifts, and freckles where the sun reaches."""
    window = canvas.head_window(-0.45, 0.45, -0.05, 0.36)
    y = window.y - 0.185 + 0.03 * face["smile"]
    inside = coverage(face.outline(window.x, window.y), canvas.pixel)
    rosy = torch.zeros_like(inside)
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * 0.255)
        rosy = rosy + _glow(ellipse(window.x - place, y, 0.095 * narrow, 0.075), 0.10)
    window.paint(face.blush, rosy * inside * (0.75 - 0.35 * face["age"]))
    if face.detail is not None:
        across = ellipse(window.x - face.ahead, window.y - 0.13, 0.36, 0.15)
        spots = face.detail.freckles(window.x - face.ahead, window.y, canvas.pixel)
        window.shade((0.66, 0.50, 0.42), spots * inside * smooth_step(-across, -0.02, 0.08) * 0.8)


def _glow(distance: Tensor, width: float) -> Tensor:
    """Full inside, and fading over this width."""
    return smooth_step(-distance, -width / 2, width / 2)
