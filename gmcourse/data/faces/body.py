"""Neck, shoulders and what they wear."""

from __future__ import annotations

import torch

from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import coverage, ellipse, rounded_box, smooth_minimum, stroke
from gmcourse.data.faces.face import Face

SHOULDERS = 1.36  # y of the middle of the torso, most of which is below the picture


def paint_torso(canvas: Canvas, face: Face) -> None:
    """A round-shouldered jumper, darker away from the light."""
    window = canvas.window(y0=0.55)
    torso = rounded_box(window.x, window.y - SHOULDERS, 0.74, 0.66, 0.40)
    window.fill(face.cloth, torso)
    lit = rounded_box(window.x + 0.16 * face["light"], window.y - SHOULDERS - 0.05, 0.70, 0.66, 0.40)
    window.paint(face.cloth_shade, coverage(torch.maximum(torso, -lit), canvas.pixel))
    if face.detail is not None:
        pattern = face.detail.weave(window.x, window.y)
        window.shade((0.84, 0.82, 0.86), coverage(torso, canvas.pixel) * (0.5 + 0.5 * pattern))


def paint_neck(canvas: Canvas, face: Face) -> None:
    """The neck and the opening of the jumper, in front of hair that falls behind them."""
    window = canvas.window(-0.45, 0.45, 0.25, 1)
    x, y = window.x, window.y
    neck = rounded_box(x, y - 0.5, 0.145, 0.32, 0.05)
    opening = ellipse(x, y - 0.755, 0.215, 0.115)
    skin = smooth_minimum(neck, opening, 0.10)
    window.fill(face.cloth_shade, ellipse(x, y - 0.755, 0.262, 0.158))
    window.fill(face.cloth, ellipse(x, y - 0.748, 0.262, 0.158))
    window.fill(face.skin, skin)
    # the chin's shadow, thrown away from the light
    head = canvas.head_window(-0.45, 0.45, 0.25, 1)
    rows = slice(window.rows.start - head.rows.start, window.rows.stop - head.rows.start)
    columns = slice(window.columns.start - head.columns.start, window.columns.stop - head.columns.start)
    hx, hy = head.x[:, rows, columns], head.y[:, rows, columns]
    shadow = face.outline(hx + 0.07 * face["light"], hy - 0.10)
    window.paint(face.skin_shade, coverage(torch.maximum(shadow, skin), canvas.pixel))
    rim = stroke(ellipse(x, y - 0.755, 0.238, 0.137), 0.006, canvas.pixel)
    window.paint(face.cloth_shade, rim * coverage(0.735 - y, 0.08) * 0.8)
