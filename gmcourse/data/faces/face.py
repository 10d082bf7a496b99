"""What all parts of a face share: its measures, where a turned head carries things, and its colours."""

import torch
from torch import Tensor

from gmcourse.data.faces import palette
from gmcourse.data.faces.attributes import NAMES
from gmcourse.data.faces.canvas import ellipse, smooth_minimum, smooth_step
from gmcourse.data.faces.detail import Detail

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
        self.skin = palette.ramp(flat["skin"], palette.SKIN)
        self.skin_shade = palette.shaded(self.skin)
        rosy = palette.color("c8323c", attributes)
        self.blush = palette.mix(self.skin, palette.color("e8564e", attributes), 0.42)
        self.lips = palette.mix(self.skin * 0.93, rosy, 0.42)
        young = palette.ramp(flat["hair_color"], palette.HAIR)
        grey = palette.color(palette.GREY_HAIR, attributes)
        self.hair = palette.mix(young, grey, smooth_step(age, 0.4, 1.0))
        self.hair_shade = self.hair * self.hair.new_tensor((0.74, 0.66, 0.70))
        self.hair_light = palette.mix(self.hair, palette.color("fff0d8", attributes), 0.24)
        self.brow = palette.mix(self.hair_shade, palette.color(palette.INK, attributes), 0.25)
        self.cloth = palette.ramp(flat["clothes"], palette.CLOTHES)
        self.cloth_shade = self.cloth * self.cloth.new_tensor((0.78, 0.72, 0.78))
        self.backdrop = palette.ramp(flat["background"], palette.BACKGROUND)

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
