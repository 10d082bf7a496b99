"""What all parts of a face share: its measures, where a turned head carries things, and its colours."""

import torch
from torch import Tensor

from gmcourse.data.faces.attributes import NAMES
from gmcourse.data.faces.canvas import ellipse, smooth_minimum, smooth_step
from gmcourse.data.faces.detail import Detail

SKIN = ("f9dcc6", "f1c8a6", "dda376", "b57647", "8a5433", "5f3827")
HAIR = ("2b2024", "432a22", "6b3b22", "a64b24", "cf7f35", "efc778")
GREY_HAIR = "d8d4cf"
CLOTHES = ("e3a52f", "cd5a3c", "8c2f4a", "3c4a80", "2f7f7b", "efe5d3")
BACKGROUND = ("2c6e74", "86b09a", "efdcb4", "ec9a73", "9a6286")
SHADOW = (0.85, 0.71, 0.71)  # warm: what the shaded side of skin is multiplied by
INK = "2a1f2b"  # frames, lashes, pupils: never pure black
IRIS = "5b3a26"
IRISES = ("3f2a1f", "5b3a26", "7a5a34", "6f8050", "4f86a3")  # chosen by detail: from dark brown to blue
WHITE = "fbf6ee"
MOUTH = "5d1d26"
TONGUE = "d6666a"
TEETH = "fffaf1"


def rgb(code: str) -> tuple[float, float, float]:
    """Read a hexadecimal code, "ff0000", as three numbers in [0, 1]."""
    r, g, b = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def color(code: str, like: Tensor) -> Tensor:
    """Make one colour (1, 3), on the device of `like`."""
    return like.new_tensor([rgb(code)])


def ramp(position: Tensor, codes: tuple[str, ...]) -> Tensor:
    """Find the colours (B, 3) at places (B,) in [0, 1] along evenly spaced stops in hexadecimal."""
    stops = position.new_tensor([rgb(code) for code in codes])
    places = torch.arange(len(codes), device=position.device, dtype=position.dtype)
    weights = (1 - (position[:, None] * (len(codes) - 1) - places).abs()).clamp_min(0)
    return weights @ stops


def mix(first: Tensor, second: Tensor, share: Tensor | float) -> Tensor:
    """Mix `share` of the second colour with the rest of the first. A share per face has shape (B, 1)."""
    return first + (second - first) * share


MAX_TURN = 0.36  # radians
EYE_APART = 0.19  # of an eye from the middle of a face that looks straight ahead
EYE_Y, NOSE_Y, MOUTH_Y = 0.015, 0.16, 0.315


class Face:
    """A batch of faces, measured, from attributes (B, A) and detail, None for the clean cartoon."""

    def __init__(self, attributes: Tensor, detail: Detail | None) -> None:
        self._columns = dict(zip(NAMES, attributes.view(-1, len(NAMES), 1, 1).unbind(1), strict=True))
        self.detail = detail
        long = self["face_shape"]
        self.half_width = 0.455 - 0.06 * long
        self.jaw_width = 0.375 - 0.055 * long
        self.jaw_height = 0.36 + 0.07 * long
        self.turn = MAX_TURN * self["yaw"]
        self.middle_x = self.around(0.0)[0]  # x of what is in the middle of the face
        self._mix(attributes)

    def __getitem__(self, name: str) -> Tensor:
        """Give one attribute, (B, 1, 1)."""
        return self._columns[name]

    def _mix(self, attributes: Tensor) -> None:
        flat = {name: column.view(-1) for name, column in self._columns.items()}
        age = flat["age"][:, None]
        self.skin = ramp(flat["skin"], SKIN)
        self.skin_shade = self.skin * self.skin.new_tensor(SHADOW)
        rosy = color("c8323c", attributes)
        self.blush = mix(self.skin, color("e8564e", attributes), 0.42)
        self.lips = mix(self.skin * 0.93, rosy, 0.42)
        young = ramp(flat["hair_color"], HAIR)
        grey = color(GREY_HAIR, attributes)
        self.hair = mix(young, grey, smooth_step(age, 0.4, 1.0))
        self.hair_shade = self.hair * self.hair.new_tensor((0.74, 0.66, 0.70))
        self.hair_light = mix(self.hair, color("fff0d8", attributes), 0.24)
        self.brow = mix(self.hair_shade, color(INK, attributes), 0.25)
        self.cloth = ramp(flat["clothes"], CLOTHES)
        self.cloth_shade = self.cloth * self.cloth.new_tensor((0.78, 0.72, 0.78))
        self.backdrop = ramp(flat["background"], BACKGROUND)

    def around(self, x: float, depth: float = 1.0) -> tuple[Tensor, Tensor]:
        """Find where a turned head carries something that stood at x, and how narrow it looks, (B, 1, 1) each.

        The face is a cylinder: x = R sin(θ + turn), and widths shrink by cos(θ + turn) / cos θ. The depth is 1 on the
        cylinder, more for what stands out from it, as a nose does.
        """
        radius = self.half_width * 1.04
        angle = torch.asin(x / radius)
        return radius * depth * (angle + self.turn).sin(), (angle + self.turn).cos() / angle.cos()

    def outline(self, x: Tensor, y: Tensor) -> Tensor:
        """Measure the distance to the outline of the head, without ears: a skull and a jaw in one."""
        skull = ellipse(x + 0.012 * self["yaw"], y + 0.11, self.half_width, 0.45)
        jaw = ellipse(x - 0.05 * self["yaw"], y - 0.15, self.jaw_width, self.jaw_height)
        return smooth_minimum(skull, jaw, 0.16)
