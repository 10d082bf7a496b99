"""A moustache, from a shadow on the lip to something to be proud of."""

from __future__ import annotations

from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import between, smooth_step
from gmcourse.data.faces.face import MOUTH_Y, NOSE_Y, Face


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
    if face.detail is not None:
        strands = face.detail.strands(window.x * 1.3, window.y)
        window.paint(face.brow, cover)
        window.paint(face.hair, cover * (0.6 * strands).clamp_min(0))
    else:
        window.paint(face.brow, cover)
