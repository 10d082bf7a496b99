"""Hair, behind the head and in front of it: one outline, from which the face is cut out."""

import torch
from torch import Tensor

from gmcourse.data.faces.canvas import (
    Canvas,
    coverage,
    ellipse,
    rounded_box,
    smooth_maximum,
    smooth_minimum,
    smooth_step,
)
from gmcourse.data.faces.face import Face

CROWN = -0.12  # y of the middle of the skull


def _rotated(x: Tensor, y: Tensor, degrees: float) -> tuple[Tensor, Tensor]:
    angle = torch.tensor(degrees * 3.14159265 / 180, dtype=x.dtype)
    cos, sin = float(angle.cos()), float(angle.sin())
    return cos * x + sin * y, cos * y - sin * x


def _curls(face: Face, x: Tensor, y: Tensor) -> Tensor:
    """How far full hair bulges, and loose locks stand out, at each point."""
    full = face["hair_volume"]
    bumps = (17 * x + 1.3).sin() * (17 * y + 0.4).sin() * (0.038 * full * full)
    if face.detail is not None:
        bumps = bumps + face.detail.locks(x + 0.6 * y) * (0.010 + 0.012 * full)
    return bumps


def outline(face: Face, x: Tensor, y: Tensor) -> Tensor:
    """Measure the distance to the outline of all hair: a cap, and a curtain that hangs from it."""
    full, length, yaw = face["hair_volume"], face["hair_length"], face["yaw"]
    grown = smooth_step(length, 0.0, 0.45)
    width = face.half_width + 0.025 + 0.13 * full
    cap = ellipse(x + 0.02 * yaw, y - CROWN + 0.05 * full, width, 0.475 + 0.15 * full)
    cap = smooth_maximum(cap, y - (0.05 + 0.13 * full + 0.5 * length), 0.06 + 0.20 * (1 - grown))
    bottom = 0.06 + 0.90 * length
    half = (bottom + 0.20) / 2
    spread = face.half_width - 0.05 + grown * (0.07 + 0.10 * full)
    waist = 0.03 * (1 - length) * smooth_step(y, 0.1, 0.8)
    curtain = rounded_box(x + 0.03 * yaw, y + 0.20 - half, spread - waist, half, 0.09 + 0.14 * length)
    return smooth_minimum(cap, curtain, 0.10) - _curls(face, x, y)


def front_hair(face: Face, x: Tensor, y: Tensor) -> Tensor:
    """Measure the distance to the hair in front of the head: sides, and a fringe parted at the side."""
    full, length = face["hair_volume"], face["hair_length"]
    grown = smooth_step(length, 0.0, 0.5)
    u = x - 0.75 * face.middle_x
    opening = ellipse(u, (y - 0.14).clamp_max(0), face.half_width * (0.93 - 0.11 * grown), 0.50 + 0.02 * full)
    a, b = _rotated(u + 0.16, y + 0.47, -24)
    sweep = ellipse(a, b, 0.36 + 0.03 * grown, 0.13 + 0.075 * grown + 0.05 * full)
    a, b = _rotated(u - 0.30, y + 0.40, 38)
    other = ellipse(a, b, 0.23, 0.10 + 0.06 * grown + 0.04 * full)
    fringe = torch.minimum(sweep, other)
    if face.detail is not None:
        fringe = fringe - 0.018 * face.detail.locks(2 * u)
    sides = smooth_maximum(-opening, y - (0.02 + 0.10 * full + 0.75 * grown), 0.05)
    shape = smooth_minimum(sides, fringe, 0.05)
    return torch.maximum(shape, outline(face, x, y))


def paint_back_hair(canvas: Canvas, face: Face) -> None:
    """Paint what falls behind the neck and over the shoulders, in shade."""
    window = canvas.head_window(-0.72, 0.72, -0.86, 1.0)
    shape = coverage(outline(face, window.x, window.y), canvas.pixel)
    window.paint(face.hair_shade, shape)
    if face.detail is not None:
        strands = face.detail.strands(window.x, window.y)
        window.paint(face.hair, shape * (0.35 * strands).clamp_min(0))


def paint_front_hair(canvas: Canvas, face: Face) -> None:
    """Paint sides and fringe, darker away from the light, with a gloss towards it."""
    window = canvas.head_window(-0.70, 0.70, -0.86, 0.85)
    x, y, light = window.x, window.y, face["light"]
    distance = front_hair(face, x, y)
    shape = coverage(distance, canvas.pixel)
    window.paint(face.hair, shape)
    full = face["hair_volume"]
    wide, high = face.half_width + 0.025 + 0.13 * full, 0.475 + 0.15 * full
    lit = ellipse(x + 0.20 * light, y - CROWN + 0.05 * full + 0.03, wide, high + 0.30)
    window.paint(face.hair_shade, shape * coverage(-lit, 0.05) * 0.8)
    # which strand a point lies on: they fan out from the parting and then hang down
    parting = (x - 0.75 * face.middle_x - 0.12) / (0.30 + 0.85 * (y + 0.70).clamp(0, 0.8))
    waved = (15 * parting + 1.6 * (8 * y).sin()).sin()
    window.paint(face.hair_shade, shape * smooth_step(waved, 0.35, 0.75) * (0.6 * full))
    arc = ellipse(x, y - CROWN + 0.05 * full, wide * 0.80, high * 0.80)
    reach = 1 - ((x + 0.17 * light) / 0.30).abs()
    gloss = (0.030 - arc.abs()) / 0.03
    window.paint(face.hair_light, shape * smooth_step(torch.minimum(gloss, 1.2 * reach), 0.0, 0.5) * 0.8)
    if face.detail is not None:
        strands = face.detail.strands(parting, y)
        window.paint(face.hair_light, shape * (0.42 * strands).clamp(0, 1))
        window.paint(face.hair_shade, shape * (-0.75 * strands).clamp(0, 1))
