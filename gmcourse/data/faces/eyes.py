"""Eyes and brows."""

from __future__ import annotations

from gmcourse.data.faces import palette
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import between, circle, coverage, smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, Face

HALF_WIDTH = 0.108


def paint_eyes(canvas: Canvas, face: Face) -> None:
    """White, iris, pupil, the glint of the light, lids and lashes, between two curves that close."""
    ink, white = palette.color(palette.INK, face.skin), palette.color(palette.WHITE, face.skin)
    iris = palette.color(palette.IRIS, face.skin)
    if face.detail is not None:
        iris = palette.ramp(face.detail.numbers[:, 7] * (1 - 0.75 * face["skin"].view(-1)), palette.IRISES)
    open_ = 1 - 0.88 * face["eye_narrowness"]
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * EYE_APART)
        window = canvas.head_window(side * 0.19 - 0.30, side * 0.19 + 0.30, -0.16, 0.16)
        x, y = window.x - place, window.y - EYE_Y
        t = x / (HALF_WIDTH * narrow)
        bow = 1 - t * t
        top = -0.108 * open_ * bow - 0.012 * side * t * open_  # outer corners a little higher
        low = (0.068 * open_ + 0.004) * bow - 0.012 * side * t * open_
        slope = (1 + (1.6 * open_ * t) ** 2).sqrt()
        inside = between((top - y) / slope, (y - low) / slope, canvas.pixel) * coverage(t.abs() - 1, 0.1)
        window.paint(white, inside)
        look = x - 0.016 * face["yaw"]
        ball = circle(look / (0.5 + 0.5 * narrow), y + 0.015, 0.070)
        window.paint(iris, inside * coverage(ball, canvas.pixel))
        window.paint(ink, inside * coverage(ball + 0.033, canvas.pixel))
        glint = circle(look + 0.024 * (face["light"] + 0.25), y + 0.040, 0.020)
        window.paint(white, inside * coverage(glint, canvas.pixel) * 0.95)
        window.paint(face.skin_shade, inside * coverage((y - top) / slope - 0.020, 0.02) * 0.35)
        within = coverage(t.abs() - 1.08, 0.16)
        lash = stroke((y - top) / slope, 0.0135 + 0.004 * (1 + side * t).clamp(0, 2), canvas.pixel)
        window.paint(ink, lash * within)
        crease = stroke((y - top + 0.036 * open_ + 0.012) / slope, 0.006, canvas.pixel)
        window.paint(face.skin_shade, crease * coverage(t.abs() - 0.85, 0.2) * 0.8)
        under = stroke((y - low - 0.008) / slope, 0.006, canvas.pixel)
        window.paint(face.skin_shade, under * coverage(t.abs() - 0.8, 0.3) * 0.7)


def paint_brows(canvas: Canvas, face: Face) -> None:
    """Two tapered strokes: low and drawn together, or high and arched."""
    raised = face["brows"]
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * (EYE_APART + 0.008))
        window = canvas.head_window(side * 0.19 - 0.32, side * 0.19 + 0.32, -0.36, -0.02)
        t = (window.x - place) * side / (0.118 * narrow)  # −1 at the inner end, 1 at the outer
        height = -0.135 - 0.095 * raised
        slant = 0.036 * (0.45 - raised)
        middle = height - slant * t - 0.028 * (1 - t * t) * (0.5 + 0.7 * raised)
        thick = 0.024 - 0.009 * t - 0.004 * face["age"]
        slope = (1 + (0.5 * t + 4 * slant) ** 2).sqrt()
        line = stroke((window.y - middle) / slope, thick, canvas.pixel)
        window.paint(face.brow, line * smooth_step(1.06 - t.abs(), -0.06, 0.14))
