"""Eyes, brows, and glasses, from a fine gold wire to thick dark frames."""

import torch

from gmcourse.data.faces.canvas import Canvas, between, circle, coverage, rounded_box, smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, INK, IRIS, IRISES, WHITE, Face, color, mix, ramp

HALF_WIDTH = 0.108


def paint_eyes(canvas: Canvas, face: Face) -> None:
    """Paint white, iris, pupil, the glint of the light, lids and lashes, between two curves that close."""
    ink, white = color(INK, face.skin), color(WHITE, face.skin)
    iris = color(IRIS, face.skin)
    if face.detail is not None:
        iris = ramp(face.detail.numbers[:, 7] * (1 - 0.75 * face["skin"].view(-1)), IRISES)
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
    """Paint two tapered strokes: low and drawn together, or high and arched."""
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


def paint_glasses(canvas: Canvas, face: Face) -> None:
    """Paint two lenses with a glint, a bridge, and the arms to the ears."""
    worn, pixel = face["glasses"], canvas.pixel
    opacity, thick = smooth_step(worn, 0.0, 0.35), 0.009 + 0.017 * worn
    gold, dark, white = (color(code, face.skin) for code in ("c08a3e", INK, "ffffff"))
    window = canvas.head_window(-0.52, 0.52, -0.17, 0.21)
    x, y = window.x, window.y - EYE_Y - 0.008
    left, right = (face.around(side * (EYE_APART + 0.005), 1.03) for side in (-1.0, 1.0))
    gap = torch.maximum(left[0] + 0.15 * left[1] - x, x - right[0] + 0.15 * right[1])
    bridge = stroke(y + 0.03 + 0.02 * (1 - ((x - face.middle_x) / 0.06) ** 2).clamp_min(0), thick, pixel)
    rims = bridge * coverage(gap, pixel)
    head = coverage(face.outline(x, window.y) - 0.01, pixel)
    for side, (place, narrow) in ((-1.0, left), (1.0, right)):
        half = 0.150 * narrow
        lens = rounded_box(x - place, y, half, 0.128, 0.105)
        window.paint(white, coverage(lens, pixel) * opacity * 0.10)
        stripe = ((x - place) + 0.75 * y + 0.05).abs() - 0.028
        window.paint(white, coverage(torch.maximum(stripe, lens + 0.02), pixel) * opacity * 0.22)
        arm = stroke(y + 0.045, thick * 0.8, pixel) * coverage(half - side * (x - place), pixel)
        rims = torch.maximum(rims, torch.maximum(stroke(lens, thick, pixel), arm * head))
    window.paint(mix(gold, dark, smooth_step(worn.view(-1, 1), 0.3, 0.75)), rims * opacity)
