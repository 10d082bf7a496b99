"""A PixelCNN as a script for the live figure `next_pixel`: the weights that its masks let through, in eight bits."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor

from gmcourse import zoo
from gmcourse.models.autoregressive import PixelCNN
from gmcourse.nn.masked import MaskedConv2d
from tools.live.layers import rounded_conv
from tools.live.wire import Numbers


def _rounded_masked(conv: MaskedConv2d, numbers: Numbers, name: str) -> None:
    """Round the open taps of a masked convolution, (out, in, taps) in the order of reading, in place."""
    open_taps = conv.mask.flatten() > 0
    taps: Tensor = conv.weight.data.flatten(2)
    taps[:, :, open_taps] = numbers.add(f"{name}.weight", taps[:, :, open_taps], "int8")
    conv.weight.data = taps.reshape(conv.weight.shape)
    assert conv.bias is not None
    numbers.add(f"{name}.bias", conv.bias)


def rounded() -> tuple[PixelCNN, Numbers]:
    """The model of the zoo with the weights that the page has, and these numbers."""
    numbers = Numbers()
    model: Any = copy.deepcopy(zoo.load("pixelcnn_digits")).double()
    _rounded_masked(model.first, numbers, "first")
    model.place.data = numbers.add("place", model.place, "float16")
    for block in model.blocks:
        _rounded_masked(block[1], numbers, "masked")
        rounded_conv(block[4], numbers, "mix")
    rounded_conv(model.last[1], numbers, "wide")
    rounded_conv(model.last[3], numbers, "logits")
    return model, numbers


def as_script() -> str:
    """The script that gives a page `gm.weights("pixelcnn_digits")`."""
    _, numbers = rounded()
    return numbers.script("pixelcnn_digits")
