"""The head itself: ears, skin, the shaded side, cheeks, and what the years draw on it."""

import torch

from gmcourse.data.faces.canvas import Canvas, coverage, ellipse, smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, MOUTH_Y, NOSE_Y, Face
from gmcourse.data.faces.hair import front_hair

SOFT = 0.03  # width of the edge between light and shade


def paint_ears(canvas: Canvas, face: Face) -> None:
    """Paint an ear on each side, behind the head; the far one slips out of sight when the head turns."""
    for side in (-1.0, 1.0):
        middle = side * (face.half_width + 0.005) - 0.055 * face["yaw"]
        window = canvas.head_window(side * 0.47 - 0.17, side * 0.47 + 0.17, -0.12, 0.24)
        x, y = window.x - middle, window.y - 0.06
        window.fill(face.skin, ellipse(x, y, 0.075, 0.115))
        window.fill(face.skin_shade, ellipse(x - side * 0.008, y, 0.038, 0.066), 0.8)


def paint_head(canvas: Canvas, face: Face) -> None:
    """Paint skin, a crescent of shade away from the light, rosy cheeks, and what the hair shades."""
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
    """Paint a blush that a smile lifts, and freckles where the sun reaches."""
    window = canvas.head_window(-0.45, 0.45, -0.05, 0.36)
    y = window.y - 0.185 + 0.03 * face["smile"]
    inside = coverage(face.outline(window.x, window.y), canvas.pixel)
    rosy = torch.zeros_like(inside)
    for side in (-1.0, 1.0):
        place, narrow = face.around(side * 0.255)
        rosy = rosy + smooth_step(-ellipse(window.x - place, y, 0.095 * narrow, 0.075), -0.05, 0.05)
    window.paint(face.blush, rosy * inside * (0.75 - 0.35 * face["age"]))
    if face.detail is not None:
        across = ellipse(window.x - face.middle_x, window.y - 0.13, 0.36, 0.15)
        spots = face.detail.freckles(window.x - face.middle_x, window.y, canvas.pixel)
        window.shade((0.66, 0.50, 0.42), spots * inside * smooth_step(-across, -0.02, 0.08) * 0.8)


def paint_wrinkles(canvas: Canvas, face: Face) -> None:
    """Paint lines on the forehead, beside and under the eyes, from nose to mouth."""
    pixel = canvas.pixel
    old = smooth_step(face["age"], 0.3, 1.0)
    ink = face.skin_shade * 0.90
    window = canvas.head_window(-0.34, 0.34, -0.34, -0.14)
    t = (window.x - face.middle_x) / 0.20
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
