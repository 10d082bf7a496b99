"""A Glow with additive couplings as a script for the live figure `glow_faces`, small enough for a page.

Weights are rounded, row by row, to eight bits, those of the 1×1 convolutions to sixteen; only the density is a little
different. `rounded` is that flow in torch, and what the page computes is compared with it.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import latent, zoo
from gmcourse.data import faces, load
from gmcourse.flows import ActNormConv, AdditiveCoupling, Compose, ConstantAffine
from gmcourse.models.glow import Glow
from gmcourse.nn.conv import ZeroConv2d
from tools.live.layers import rounded_conv, rounded_mixing
from tools.live.wire import Numbers

EDITS = {  # attribute, which way, and how far one unit goes, at most as far as in the lesson
    "smiling": ("smile", 1, 4.0),
    "pale skin": ("skin", -1, 1.2),
    "blond hair": ("hair_color", 1, 2.0),
    "narrow eyes": ("eye_narrowness", 1, 3.0),
    "young": ("age", -1, 2.0),
}
SHOWN = (42, 9, 72, 17, 49, 4)  # test faces to begin with


def _round(glow: Glow, numbers: Numbers) -> int:
    """Round the model in place; names begin with the level's number. Returns how many there are."""
    flow: Any = glow.bijection
    level, i = flow.members[1], 0
    while level is not None:
        last = level.rest is None
        chain: Any = level.steps.members[0] if last else level.steps
        for member in chain.members:
            if isinstance(member, ActNormConv):
                rounded_mixing(member, numbers, f"{i}.mixing")
            else:
                assert isinstance(member, AdditiveCoupling)
                for name, conv in member.network.named_children():
                    assert isinstance(conv, nn.Conv2d | ZeroConv2d)
                    rounded_conv(conv, numbers, f"{i}.coupling.{name}")
        if last:
            prior: Any = level.steps.members[1]
            assert isinstance(prior, ConstantAffine)
            channels = chain.members[0].conv.channels
            both = prior.network(torch.zeros(1, channels, 1, 1, dtype=torch.float64))
            numbers.add("prior", both.reshape(2, channels))
        else:
            rounded_conv(level.split.network, numbers, f"{i}.split")
        level, i = level.rest, i + 1
    return i


def rounded(glow: Glow) -> Glow:
    """The flow that the page has, in float64."""
    copied = copy.deepcopy(glow).double()
    _round(copied, Numbers())
    return copied


def encode(glow: nn.Module, pixels: Tensor) -> Tensor:
    """Encode pictures of 0 … 255: five bits, the middle of each level."""
    parameter = next(glow.parameters())
    x = (pixels.div(8, rounding_mode="floor").to(parameter) + 0.5) / 32
    return torch.cat([glow(part)[0] for part in x.split(250)])


@torch.no_grad()
def as_script() -> str:
    """Write the script `glow_faces`: weights, a few test faces, five directions."""
    glow: Any = copy.deepcopy(zoo.load("glow_faces")).double()
    assert isinstance(glow.bijection, Compose)
    known, test = load("faces", n=2000, distribution="uniform"), load("faces", "test", n=max(SHOWN) + 1)
    codes = encode(zoo.load("glow_faces"), known.pixels)
    numbers = Numbers()
    levels = _round(glow, numbers)
    ways = []
    for attribute, sign, strength in EDITS.values():
        values = sign * known.labels[:, faces.column(attribute)]
        ways.append(strength * latent.attribute_direction(codes, values > values.median()))
    numbers.add("directions", torch.stack(ways), "int8")
    for picture in test.pixels[list(SHOWN)].div(8, rounding_mode="floor"):
        numbers.add("pictures", picture, "uint8")
    constant = -math.prod(glow.shape) * math.log(32)
    return numbers.script("glow_faces", {"levels": levels, "edits": list(EDITS), "constant": constant})
