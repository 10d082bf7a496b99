"""Glasses, from a fine gold wire to thick dark frames."""

from __future__ import annotations

import torch

from gmcourse.data.faces import palette
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import coverage, rounded_box, smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, Face


def paint_glasses(canvas: Canvas, face: Face) -> None:
    """Two lenses with a glint, a bridge, and the arms to the ears."""
    worn = face["glasses"]
    there = smooth_step(worn, 0.0, 0.35)
    flat = worn.view(-1, 1)
    frame = palette.mix(
        palette.color("c08a3e", face.skin),
        palette.color(palette.INK, face.skin),
        smooth_step(flat, 0.3, 0.75),
    )
    white = palette.color("ffffff", face.skin)
    thick = 0.009 + 0.017 * worn
    window = canvas.head_window(-0.52, 0.52, -0.17, 0.21)
    x, y = window.x, window.y - EYE_Y - 0.008
    rims = None
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * (EYE_APART + 0.005), 1.03)
        half = 0.150 * narrow
        lens = rounded_box(x - place, y, half, 0.128, 0.105)
        window.paint(white, coverage(lens, canvas.pixel) * there * 0.10)
        stripe = ((x - place) + 0.75 * y + 0.05).abs() - 0.028
        window.paint(white, coverage(torch.maximum(stripe, lens + 0.02), canvas.pixel) * there * 0.22)
        rim = stroke(lens, thick, canvas.pixel)
        rims = rim if rims is None else torch.maximum(rims, rim)
        edge = side * (x - place) - half
        arm = stroke(y + 0.045, thick * 0.8, canvas.pixel) * coverage(-edge, canvas.pixel)
        head = coverage(face.outline(x, window.y) - 0.01, canvas.pixel)
        rims = torch.maximum(rims, arm * head)
    assert rims is not None
    left, right = (face.around(side * (EYE_APART + 0.005), 1.03) for side in (-1.0, 1.0))
    gap = torch.maximum(left[0] + 0.15 * left[1] - x, x - right[0] + 0.15 * right[1])
    bridge = stroke(
        y + 0.03 - 0.02 * (1 - ((x - face.ahead) / 0.06) ** 2).clamp_min(0) * -1, thick, canvas.pixel
    )
    rims = torch.maximum(rims, bridge * coverage(gap, canvas.pixel))
    window.paint(frame, rims * there)
