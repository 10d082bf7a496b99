"""The mouth: lips around an opening, teeth above, a tongue below."""

from __future__ import annotations

import torch

from gmcourse.data.faces import palette
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import between, coverage, ellipse, smooth_step, stroke
from gmcourse.data.faces.face import MOUTH_Y, Face


def paint_mouth(canvas: Canvas, face: Face) -> None:
    """Two curves that meet at the corners; a smile lifts the corners and widens, opening parts the curves."""
    window = canvas.head_window(-0.40, 0.40, 0.16, 0.52)
    smile, open_ = face["smile"], face["mouth_open"]
    place, narrow = face.around(0.0, 1.05)
    half = (0.108 + 0.068 * smile - 0.012 * open_) * (0.35 + 0.65 * narrow)
    t = (window.x - place) / half
    bow = (1 - t * t).clamp_min(-3)
    lift = 0.165 * (smile - 0.34)
    corner = MOUTH_Y - 0.55 * lift - 0.012 * open_
    y = window.y
    top = corner + lift * bow - (0.012 + 0.022 * (1 - smile)) * open_ * bow
    low = corner + lift * bow + (0.108 + 0.030 * smile) * open_ * bow
    slope = (1 + (2 * lift * t / half) ** 2).sqrt()
    pixel = canvas.pixel
    corners = coverage(t.abs() - 1, 0.08)
    lips = between((top - 0.020 * bow - y) / slope, (y - low - 0.034 * bow) / slope, pixel)
    window.paint(face.lips, lips * corners * 0.85)
    inside = between((top - y) / slope, (y - low) / slope, pixel) * corners
    window.paint(palette.color(palette.MOUTH, face.skin), inside)
    tongue = ellipse(window.x - place, y - corner - lift - 0.125 * open_ - 0.01, half * 0.62, 0.055)
    window.paint(palette.color(palette.TONGUE, face.skin), inside * coverage(tongue, pixel))
    edge = (y - top) / slope - 0.056 * open_
    window.paint(palette.color(palette.TEETH, face.skin), inside * coverage(edge, pixel))
    closed = stroke((y - top) / slope, 0.0105, pixel) * smooth_step(1.10 - t.abs(), 0.0, 0.16)
    line = palette.mix(face.lips * 0.55, palette.color(palette.MOUTH, face.skin), 0.35)
    window.paint(line, closed)
    # the shade below the lower lip
    below = stroke(y - torch.maximum(low, top) - 0.062, 0.007, pixel)
    window.paint(face.skin_shade, below * smooth_step(0.55 - t.abs(), 0.0, 0.3) * 0.7)
