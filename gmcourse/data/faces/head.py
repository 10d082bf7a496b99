"""The head itself: ears, skin and its shaded side, cheeks, what the years draw on it, nose, mouth, moustache."""

import torch

from gmcourse.data.faces.canvas import Canvas, between, coverage, ellipse, segment, smooth_step, stroke
from gmcourse.data.faces.face import EYE_APART, EYE_Y, MOUTH, MOUTH_Y, NOSE_Y, TEETH, TONGUE, Face, color, mix
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


def paint_nose(canvas: Canvas, face: Face) -> None:
    """Shade on the side away from the light, a lighter tip, a line below."""
    window = canvas.head_window(-0.30, 0.30, -0.10, 0.26)
    light = face["light"]
    tip = face.around(0.0, 1.22)[0]
    root = face.around(0.0, 0.92)[0]
    away = 0.022 * light + 0.012 * face["yaw"]
    x, y = window.x - root - 0.6 * away, window.y - EYE_Y + 0.02
    distance, along = segment(x, y, tip - root + away * 0.4, NOSE_Y - EYE_Y + 0.015)
    bridge = coverage(distance - 0.012 - 0.034 * along, 0.03)
    strength = 0.18 + 0.5 * (light * light + 0.02).sqrt()
    window.paint(face.skin_shade, bridge * smooth_step(along, 0.0, 0.7) * strength)
    window.fill(face.blush, ellipse(window.x - tip, window.y - NOSE_Y, 0.060, 0.047), 0.55)
    lighter = ellipse(window.x - tip + 0.014 * light, window.y - NOSE_Y + 0.008, 0.050, 0.040)
    window.fill(face.skin, lighter, 0.75)
    t = (window.x - tip) / 0.062
    under = stroke(window.y - NOSE_Y - 0.050 + 0.022 * t * t, 0.0085, canvas.pixel)
    window.paint(face.skin_shade * 0.80, under * smooth_step(1 - t.abs(), 0.0, 0.4))


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
    window.paint(color(MOUTH, face.skin), inside)
    tongue = ellipse(window.x - place, y - corner - lift - 0.125 * open_ - 0.01, half * 0.62, 0.055)
    window.paint(color(TONGUE, face.skin), inside * coverage(tongue, pixel))
    edge = (y - top) / slope - 0.056 * open_
    window.paint(color(TEETH, face.skin), inside * coverage(edge, pixel))
    closed = stroke((y - top) / slope, 0.0105, pixel) * smooth_step(1.10 - t.abs(), 0.0, 0.16)
    line = mix(face.lips * 0.55, color(MOUTH, face.skin), 0.35)
    window.paint(line, closed)
    # the shade below the lower lip
    below = stroke(y - torch.maximum(low, top) - 0.062, 0.007, pixel)
    window.paint(face.skin_shade, below * smooth_step(0.55 - t.abs(), 0.0, 0.3) * 0.7)


def paint_moustache(canvas: Canvas, face: Face) -> None:
    """Two lobes from under the nose, whose tips turn up when they are long."""
    window = canvas.head_window(-0.46, 0.46, 0.12, 0.42)
    grown = face["moustache"]
    place, narrow = face.around(0.0, 1.10)
    half = (0.12 + 0.135 * grown) * narrow
    t = (window.x - place).abs() / half
    height = (NOSE_Y + MOUTH_Y) / 2 + 0.018
    middle = height + 0.045 * t - 0.135 * grown * (t - 0.55).clamp_min(0) ** 2
    thick = (0.020 + 0.042 * grown) * ((1 - t).clamp_min(0) + 1e-6).sqrt() * (0.72 + 0.6 * t)
    cover = between(middle - thick - window.y, window.y - middle - thick, canvas.pixel)
    cover = cover * smooth_step(grown, 0.0, 0.25) * smooth_step(1 - t, 0.0, 0.08)
    window.paint(face.brow, cover)
    if face.detail is not None:
        strands = face.detail.strands(window.x * 1.3, window.y)
        window.paint(face.hair, cover * (0.6 * strands).clamp_min(0))
