"""The SRFlow of faces as a script for the live figure `super_resolution`.

What the encoder says of a few low resolutions is exported with them, in 16 bits; so the page has the whole flow,
with weights of 8 bits, and no encoder. `rounded` is that flow in torch, `questions` are those low resolutions.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.data.low_resolution import Pairs, downsample, pairs, upsample
from gmcourse.flows import ActNormConv, AffineCoupling, AffineInjector
from gmcourse.models.srflow import SRFlow
from gmcourse.models.srflow.steps import ConditionalNet
from gmcourse.nn.rrdb import RESIDUAL, SLOPE
from tools.live.layers import rounded_conv, rounded_mixing
from tools.live.wire import Numbers

SHOWN = (45, 33, 10, 58, 66, 87)  # test faces


def resizing(side: int, scale: int) -> dict[str, Tensor]:
    """Write bicubic interpolation as matrices "up" and "down": x ↦ M x Mᵀ for each channel.

    Columns are answers to unit vectors, read off along a picture that is constant in the other direction.
    """
    small, large = torch.eye(side).double(), torch.eye(side * scale).double()
    # the cut to [0, 1] would hide the negative lobes: half of a unit vector on a grey of a half
    up = upsample((small[:, None, :, None] / 2 + 0.25).expand(-1, 1, -1, side), scale)[:, 0, :, 0]
    down = downsample((large[:, None, :, None] / 2 + 0.25).expand(-1, 1, -1, side * scale), scale)[:, 0, :, 0]
    return {"up": (up.T - 0.25) * 2, "down": (down.T - 0.25) * 2}


def _net(net: ConditionalNet, numbers: Numbers, name: str) -> None:
    """Each actnorm goes into the convolutions before it, and its bias to the last of them."""
    for norm, convs in ((net.norm1, ("of_part", "of_context")), (net.norm2, ("second",))):
        gain = norm.log_scale.exp()
        for each in convs:
            conv = getattr(net, each)
            if conv is not None:
                rounded_conv(conv, numbers, f"{name}.{each}", gain)
        norm.bias.data = numbers.add(f"{name}.{convs[-1]}.bias", norm.bias * gain)
        norm.log_scale.data.zero_()
    rounded_conv(net.last, numbers, f"{name}.last")


def _round(model: SRFlow, numbers: Numbers) -> int:
    """Round the flow in place; names begin with the level's number. Returns how many there are."""
    level: Any = model.flow.bijection
    i = 0
    while level is not None:
        for member in level.steps.members:
            if isinstance(member, ActNormConv):
                rounded_mixing(member, numbers, f"{i}.mixing")
            else:
                assert isinstance(member, AffineInjector | AffineCoupling)
                assert member.scale_map == "sigmoid_floor"
                assert isinstance(member.network, ConditionalNet)
                _net(
                    member.network,
                    numbers,
                    f"{i}.{'injector' if isinstance(member, AffineInjector) else 'coupling'}",
                )
        if level.rest is not None:
            rounded_conv(level.split.network, numbers, f"{i}.split")
        level, i = level.rest, i + 1
    return i


def rounded(model: SRFlow) -> SRFlow:
    """The flow that the page has, in float64, behind an encoder that it has not."""
    copied = copy.deepcopy(model).double()
    _round(copied, Numbers())
    return copied


def questions() -> Pairs:
    """The test faces that the page shows."""
    return pairs(load("faces", "test", n=max(SHOWN) + 1), 4)[torch.tensor(SHOWN)]


def features(model: SRFlow, low: Tensor) -> list[Tensor]:
    """What the encoder says, one tensor (N, C, h, w) a level: in float64, so that all processors round alike."""
    return copy.deepcopy(model).double().contexts(low.double())


@torch.no_grad()
def as_script() -> str:
    """Write the script `srflow_faces`: the flow, six faces with their features, and bicubic interpolation."""
    model: Any = copy.deepcopy(zoo.load("srflow_faces"))
    both, numbers = questions(), Numbers()
    for i, level in enumerate(features(model, both.low)):
        for face in level:
            numbers.add(f"{i}.context", face, "int16")
    for high, low in zip(both.high, both.low, strict=True):
        numbers.add("high", high, "uint8")
        numbers.add("low", (255 * low).round(), "uint8")
    for name, matrix in resizing(both.low.shape[-1], both.scale).items():
        numbers.add(name, matrix)
    return numbers.script("srflow_faces", {"levels": _round(model.double(), numbers)})


def _round_encoder(model: SRFlow, numbers: Numbers) -> None:
    """Round the encoder in place; dense blocks and convolutions that enlarge are numbered through."""
    encoder: Any = model.encoder
    rounded_conv(encoder.first, numbers, "first")
    for block in (dense for both in encoder.trunk for dense in both.blocks):
        for i, conv in enumerate(block.convs):
            rounded_conv(conv, numbers, f"dense.{i}")
    rounded_conv(encoder.after, numbers, "after")
    for conv in encoder.ups:
        rounded_conv(conv, numbers, "up")


def rounded_encoder(model: SRFlow) -> SRFlow:
    """Return the model with the encoder of `paint_face` and the flow of both figures, in float64."""
    copied = rounded(model)
    _round_encoder(copied, Numbers())
    return copied


@torch.no_grad()
def encoder_as_script() -> str:
    """Write the script `srflow_encoder`, for the figure in which the reader paints the low resolution."""
    model: Any = copy.deepcopy(zoo.load("srflow_faces")).double()
    assert not model.encoder.stacked
    assert model.encoder.long_skip
    numbers = Numbers()
    _round_encoder(model, numbers)
    described = {"slope": SLOPE, "residual": RESIDUAL, "levels": model.n_levels}
    return numbers.script("srflow_encoder", described)
