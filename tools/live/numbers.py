"""Weights rounded for a page: whole numbers of 8 and 16 bits with a scale a row, and what it does to some layers.

A network with rounded weights is still a network, and a flow with rounded weights still a flow: it inverts exactly.
Each exporter rounds the model in place, in the order in which the page reads, so that torch can run the very model
that the page has.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import torch
from torch import Tensor

from gmcourse.flows import ActNormConv, PlainConv1x1
from gmcourse.nn.conv import ZeroConv2d


class Numbers:
    """Numbers in the order in which the page will read them: whole ones of 8 and 16 bits, and floats."""

    def __init__(self) -> None:
        self.small: list[Tensor] = []
        self.wide: list[Tensor] = []
        self.floats: list[Tensor] = []

    def rows(self, weight: Tensor, bits: int = 8) -> Tensor:
        """Add a matrix rounded row by row to `bits`; return it as the page will see it."""
        flat = weight.detach().double().flatten(1)
        most = 2 ** (bits - 1) - 1
        scale = (flat.abs().amax(1, keepdim=True) / most).clamp_min(1e-12).float()
        whole = (flat / scale.double()).round().clamp(-most, most)
        (self.small if bits == 8 else self.wide).append(whole.flatten())
        self.exact(scale)
        return (whole * scale.double()).reshape(weight.shape)

    def exact(self, values: Tensor) -> Tensor:
        """Add floats; return them as the page will see them."""
        self.floats.append(values.detach().float().flatten())
        return values.detach().float().double()

    def pixels(self, pixels: Tensor) -> None:
        """Add whole numbers 0 … 255, moved to −128 … 127."""
        self.small.append((pixels.double() - 128).flatten())

    def encoded(self) -> dict[str, str]:
        """All of them in base64."""
        parts = {"small": (self.small, "<i1"), "wide": (self.wide, "<i2"), "floats": (self.floats, "<f4")}
        return {
            name: base64.b64encode(torch.cat(values).numpy().astype(kind).tobytes()).decode()
            for name, (values, kind) in parts.items()
            if values
        }

    def script(self, name: str, described: dict[str, Any]) -> str:
        """The script that gives a page `gm.models[name]`: what is described, and the numbers."""
        return (
            f"(gm.models ??= {{}}).{name} = {json.dumps(described | self.encoded(), ensure_ascii=False)};\n"
        )


def zero_conv(conv: ZeroConv2d, numbers: Numbers) -> None:
    """Round a convolution that has a scale of its own: the scale goes into the weight."""
    gain = (3 * conv.log_scale).exp().detach()
    conv.weight.data = numbers.rows(conv.weight * gain[:, None, None, None])
    conv.bias.data = numbers.exact(conv.bias * gain)
    conv.log_scale.data.zero_()


def norm_conv(member: ActNormConv, numbers: Numbers) -> None:
    """Round an actnorm with its 1×1 convolution, as one matrix of 16 bits and a bias."""
    folded = member.conv.matrix() * member.actnorm.log_scale.exp()
    plain = PlainConv1x1(member.conv.channels).double()
    plain.weight.data = numbers.rows(folded, 16)
    member.conv = plain
    member.actnorm.log_scale.data.zero_()
    numbers.exact(plain.weight @ member.actnorm.bias)
