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
from tools.live.numbers import Numbers, norm_conv, zero_conv

EDITS = {  # as in the lesson: attribute, which way, and how far one unit goes
    "smiling": ("smile", 1, 5.0),
    "pale skin": ("skin", -1, 1.2),
    "blond hair": ("hair_color", 1, 2.0),
    "narrow eyes": ("eye_narrowness", 1, 3.0),
    "young": ("age", -1, 2.0),
}
SHOWN = (42, 9, 72, 17, 49, 4)  # test faces to begin with


def _round(glow: Glow, numbers: Numbers) -> list[dict[str, int]]:
    """Round the model in place, in the page's order; return the sizes of its levels."""
    sizes: list[dict[str, int]] = []
    flow: Any = glow.bijection
    level: Any = flow.members[1]
    while level is not None:
        last = level.rest is None
        chain: Any = level.steps.members[0] if last else level.steps
        for member in chain.members:
            if isinstance(member, ActNormConv):
                norm_conv(member, numbers)
            else:
                assert isinstance(member, AdditiveCoupling)
                net: Any = member.network
                for conv in (net.first, net.second):
                    conv.weight.data = numbers.rows(conv.weight)
                    numbers.exact(conv.bias)
                zero_conv(net.last, numbers)
        channels, hidden = net.last.weight.shape[0] * 2, net.second.weight.shape[0]
        sizes.append({"channels": channels, "hidden": hidden, "steps": len(chain.members) // 2})
        if last:
            prior: Any = level.steps.members[1]
            assert isinstance(prior, ConstantAffine)
            numbers.exact(prior.network(torch.zeros(1, channels, 1, 1, dtype=torch.float64)))
        else:
            zero_conv(level.split.network, numbers)
        level = level.rest
    return sizes


def rounded(glow: Glow) -> Glow:
    """The flow that the page has, in float64."""
    copied = copy.deepcopy(glow).double()
    _round(copied, Numbers())
    return copied


def encode(glow: nn.Module, pixels: Tensor) -> Tensor:
    """Codes of pictures of 0 … 255: five bits, the middle of each level."""
    parameter = next(glow.parameters())
    x = (pixels.div(8, rounding_mode="floor").to(parameter) + 0.5) / 32
    return torch.cat([glow(part)[0] for part in x.split(250)])


@torch.no_grad()
def as_script() -> str:
    """The script that gives a page `gm.models.glow_faces`: weights, a few test faces, five directions."""
    glow: Any = copy.deepcopy(zoo.load("glow_faces")).double()
    assert isinstance(glow.bijection, Compose)
    known, test = load("faces", n=2000, distribution="uniform"), load("faces", "test", n=max(SHOWN) + 1)
    codes = encode(zoo.load("glow_faces"), known.pixels)
    numbers = Numbers()
    sizes = _round(glow, numbers)
    ways = []
    for attribute, sign, strength in EDITS.values():
        values = sign * known.labels[:, faces.column(attribute)]
        ways.append(strength * latent.attribute_direction(codes, values > values.median()))
    numbers.rows(torch.stack(ways))
    pictures = test.pixels[list(SHOWN)].div(8, rounding_mode="floor")
    numbers.small.append(pictures.double().flatten())
    described = {
        "shape": list(glow.shape),
        "levels": sizes,
        "edits": list(EDITS),
        "pictures": len(SHOWN),
        "constant": -math.prod(glow.shape) * math.log(32),
    }
    return numbers.script("glow_faces", described)
