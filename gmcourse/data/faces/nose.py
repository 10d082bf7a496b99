"""A nose: the shade beside its bridge, its tip, and what lies under it."""

from __future__ import annotations

from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import coverage, ellipse, segment, smooth_step, stroke
from gmcourse.data.faces.face import EYE_Y, NOSE_Y, Face


def paint_nose(canvas: Canvas, face: Face) -> None:
    """Shade on the side away from the light, a lighter tip, a line below."""
    window = canvas.head_window(-0.30, 0.30, -0.10, 0.26)
    light = face["light"]
    tip = face.around(0.0, 1.22)[0]
    root = face.around(0.0, 0.92)[0]
    away = 0.022 * light + 0.012 * face["yaw"]
    distance, along = segment(
        window.x - root - 0.6 * away, window.y - EYE_Y + 0.02, tip - root + away * 0.4, NOSE_Y - EYE_Y + 0.015
    )
    bridge = coverage(distance - 0.012 - 0.034 * along, 0.03)
    strength = 0.18 + 0.5 * (light * light + 0.02).sqrt()
    window.paint(face.skin_shade, bridge * smooth_step(along, 0.0, 0.7) * strength)
    window.fill(face.blush, ellipse(window.x - tip, window.y - NOSE_Y, 0.060, 0.047), 0.55)
    window.fill(
        face.skin, ellipse(window.x - tip + 0.014 * light, window.y - NOSE_Y + 0.008, 0.050, 0.040), 0.75
    )
    t = (window.x - tip) / 0.062
    under = stroke(window.y - NOSE_Y - 0.050 + 0.022 * t * t, 0.0085, canvas.pixel)
    window.paint(face.skin_shade * 0.80, under * smooth_step(1 - t.abs(), 0.0, 0.4))
