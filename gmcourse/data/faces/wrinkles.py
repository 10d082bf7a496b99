"""What the years draw on a face."""

from __future__ import annotations

from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, MOUTH_Y, NOSE_Y, Face


def paint_wrinkles(canvas: Canvas, face: Face) -> None:
    """Lines on the forehead, beside and under the eyes, from nose to mouth."""
    pixel = canvas.pixel
    old = smooth_step(face["age"], 0.3, 1.0)
    ink = face.skin_shade * 0.90
    window = canvas.head_window(-0.34, 0.34, -0.34, -0.14)
    t = (window.x - face.ahead) / 0.20
    for height in (-0.245, -0.305):
        line = stroke(window.y - height - 0.018 * t * t, 0.0075, pixel)
        window.paint(ink, line * smooth_step(1 - t.abs(), 0.0, 0.3) * old * 0.8)
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * EYE_APART)
        window = canvas.head_window(side * 0.2 - 0.30, side * 0.2 + 0.30, -0.06, 0.44)
        x, y = (window.x - place) * side / narrow, window.y - EYE_Y
        t = x / 0.085
        bag = stroke(y - 0.102 + 0.030 * t * t, 0.0085, pixel)
        window.paint(ink, bag * smooth_step(1 - t.abs(), 0.0, 0.5) * old)
        for rise in (-0.35, 0.3):
            foot = stroke(y - 0.01 - rise * (x - 0.09), 0.0065, pixel)
            within = smooth_step(x, 0.115, 0.13) * smooth_step(0.175 - x, 0.0, 0.02)
            window.paint(ink, foot * within * old)
        nose, squeeze = face.around(0.0, 1.1)
        s = (window.y - NOSE_Y) / (MOUTH_Y - NOSE_Y + 0.03)
        fold = (window.x - nose) * side - (0.085 + 0.095 * s + 0.03 * s * (1 - s)) * (0.4 + 0.6 * squeeze)
        line = stroke(fold * 0.85, 0.009, pixel)
        window.paint(ink, line * smooth_step(s, 0.0, 0.25) * smooth_step(1 - s, 0.0, 0.25) * old)
