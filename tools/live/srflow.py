"""The SRFlow of faces as a script for the live figure `super_resolution`.

What the encoder says of a few low resolutions is exported with them, in 16 bits; so the page has the whole flow,
with weights of 8 bits, and no encoder. `rounded` is that flow in torch, `questions` are those low resolutions.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.data.low_resolution import Pairs, downsample, pairs, upsample
from gmcourse.flows import ActNormConv, AffineCoupling, AffineInjector
from gmcourse.models.srflow import SRFlow
from gmcourse.models.srflow.steps import ConditionalNet
from tools.live.numbers import Numbers, norm_conv, zero_conv

SHOWN = (45, 33, 10, 58, 66, 87)  # test faces


class Resizing(NamedTuple):
    """Bicubic interpolation as matrices: x ↦ M x Mᵀ for each channel."""

    up: Tensor
    down: Tensor


def resizing(side: int, scale: int) -> Resizing:
    """Columns are answers to unit vectors, read off along a picture that is constant in the other direction."""
    small, large = torch.eye(side).double(), torch.eye(side * scale).double()
    # the cut to [0, 1] would hide the negative lobes: half of a unit vector on a grey of a half
    up = upsample((small[:, None, :, None] / 2 + 0.25).expand(-1, 1, -1, side), scale)[:, 0, :, 0]
    down = downsample((large[:, None, :, None] / 2 + 0.25).expand(-1, 1, -1, side * scale), scale)[:, 0, :, 0]
    return Resizing((up.T - 0.25) * 2, (down.T - 0.25) * 2)


def _net(net: ConditionalNet, numbers: Numbers) -> None:
    """Each actnorm goes into the convolutions before it."""
    for norm, convs in ((net.norm1, (net.of_context, net.of_part)), (net.norm2, (net.second,))):
        gain = norm.log_scale.exp()
        for conv in convs:
            if conv is not None:
                conv.weight.data = numbers.rows(conv.weight * gain[:, None, None, None])
        norm.bias.data = numbers.exact(norm.bias * gain)
        norm.log_scale.data.zero_()
    zero_conv(net.last, numbers)


def _round(model: SRFlow, numbers: Numbers) -> list[dict[str, int]]:
    """Round the flow in place, in the page's order; return the sizes of its levels."""
    sizes: list[dict[str, int]] = []
    level: Any = model.flow.bijection
    while level is not None:
        members = list(level.steps.members)
        for member in members:
            if isinstance(member, ActNormConv):
                norm_conv(member, numbers)
            else:
                assert isinstance(member, AffineInjector | AffineCoupling)
                assert member.scale == "sigmoid_floor"
                assert isinstance(member.network, ConditionalNet)
                _net(member.network, numbers)
        mixings = sum(isinstance(member, ActNormConv) for member in members)
        steps = (len(members) - mixings) // 2
        sizes.append({"channels": members[0].conv.channels, "transitions": mixings - steps, "steps": steps})
        if level.rest is not None:
            zero_conv(level.split.network, numbers)
        level = level.rest
    return sizes


def rounded(model: SRFlow) -> SRFlow:
    """The flow that the page has, in float64, behind an encoder that it has not."""
    copied = copy.deepcopy(model).double()
    _round(copied, Numbers())
    return copied


def questions() -> Pairs:
    """The test faces that the page shows."""
    return pairs(load("faces", "test", n=max(SHOWN) + 1), 4)[torch.tensor(SHOWN)]


def contexts(model: SRFlow, low: Tensor, numbers: Numbers | None = None) -> list[Tensor]:
    """What the encoder says, rounded to 16 bits: one tensor a level."""
    numbers = numbers or Numbers()
    return [numbers.rows(level.flatten(0, 1), 16).reshape(level.shape) for level in model.contexts(low)]


@torch.no_grad()
def as_script() -> str:
    """The script that gives a page `gm.models.srflow_faces`."""
    model: Any = copy.deepcopy(zoo.load("srflow_faces"))
    both, numbers = questions(), Numbers()
    said = contexts(model, both.low, numbers)
    numbers.pixels(both.high)
    numbers.pixels((255 * both.low).round())
    for matrix in resizing(both.low.shape[-1], both.scale):
        numbers.exact(matrix)
    net = model.flow.bijection.steps.members[-1].network
    described = {
        "scale": both.scale,
        "faces": len(both),
        "side": both.high.shape[-1],
        "context": said[0].shape[1],
        "hidden": net.second.weight.shape[0],
        "levels": _round(model.double(), numbers),
    }
    return numbers.script("srflow_faces", described)
