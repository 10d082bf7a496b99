"""What is behind the head, and the colour of the light on all of it."""

from __future__ import annotations

from gmcourse.data.faces import palette
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.distances import circle, coverage
from gmcourse.data.faces.face import Face


def paint_backdrop(canvas: Canvas, face: Face) -> None:
    """A wall, with a large lighter disc on it that the light pulls to its side."""
    canvas.pixels = canvas.pixels + face.backdrop[:, :, None, None]
    if face.detail is not None:
        canvas.pixels = canvas.pixels * face.detail.falloff(canvas.x, canvas.y)[:, None]
    window = canvas.window()
    halo = palette.mix(face.backdrop, palette.color("fff4e0", face.backdrop), 0.20)
    disc = circle(window.x + 0.10 * face["light"], window.y + 0.02, 0.80)
    window.paint(halo, coverage(disc, canvas.pixel))


def grade(canvas: Canvas, face: Face) -> None:
    """Tint everything, from cool daylight to a warm evening."""
    warm = face["warmth"][..., None] - 0.5
    tint = 1 + warm * warm.new_tensor((0.08, -0.01, -0.18)).view(1, 3, 1, 1)
    canvas.pixels = canvas.pixels * tint
    if face.detail is not None:
        canvas.pixels = canvas.pixels * face.detail.exposure()
