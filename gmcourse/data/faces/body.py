"""What is around the head: the wall, neck, shoulders and what they wear, and the colour of the light."""

import torch

from gmcourse.data.faces.canvas import Canvas, circle, coverage, ellipse, rounded_box, smooth_minimum, stroke
from gmcourse.data.faces.face import Face, color, mix

SHOULDERS = 1.36  # y of the middle of the torso, most of which is below the picture


def paint_backdrop(canvas: Canvas, face: Face) -> None:
    """A wall, with a large lighter disc on it that the light pulls to its side."""
    canvas.pixels = canvas.pixels + face.backdrop[:, :, None, None]
    if face.detail is not None:
        canvas.pixels = canvas.pixels * face.detail.falloff(canvas.x, canvas.y)[:, None]
    window = canvas.window()
    halo = mix(face.backdrop, color("fff4e0", face.backdrop), 0.20)
    disc = circle(window.x + 0.10 * face["light"], window.y + 0.02, 0.80)
    window.paint(halo, coverage(disc, canvas.pixel))


def paint_torso(canvas: Canvas, face: Face) -> None:
    """Paint a round-shouldered jumper, darker away from the light."""
    window = canvas.window(y0=0.55)
    torso = rounded_box(window.x, window.y - SHOULDERS, 0.74, 0.66, 0.40)
    window.fill(face.cloth, torso)
    lit = rounded_box(window.x + 0.16 * face["light"], window.y - SHOULDERS - 0.05, 0.70, 0.66, 0.40)
    window.paint(face.cloth_shade, coverage(torch.maximum(torso, -lit), canvas.pixel))
    if face.detail is not None:
        pattern = face.detail.weave(window.x, window.y)
        window.shade((0.84, 0.82, 0.86), coverage(torso, canvas.pixel) * (0.5 + 0.5 * pattern))


def paint_neck(canvas: Canvas, face: Face) -> None:
    """Paint the neck and the opening of the jumper, in front of hair that falls behind them."""
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


def grade(canvas: Canvas, face: Face) -> None:
    """Tint everything, from cool daylight to a warm evening."""
    warm = face["warmth"][..., None] - 0.5
    tint = 1 + warm * warm.new_tensor((0.08, -0.01, -0.18)).view(1, 3, 1, 1)
    canvas.pixels = canvas.pixels * tint
    if face.detail is not None:
        canvas.pixels = canvas.pixels * face.detail.exposure()
