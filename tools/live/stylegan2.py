"""The StyleGAN2 of faces as a script for the live figure `style_mixing`.

Weights are rounded, row by row: 3×3 convolutions to eight bits, the rest to sixteen, linear layers with their
equalising constants inside. `rounded` is that generator in torch.
"""

from __future__ import annotations

import copy
import math

import torch

from gmcourse import zoo
from gmcourse.models.stylegan2 import Generator
from gmcourse.models.stylegan2.modulation import StyledConv, ToRGB
from gmcourse.nn.equalized import GAINS, EqualizedLinear
from tools.live.numbers import Numbers


def _linear(layer: EqualizedLinear, numbers: Numbers, gain: float = 1.0) -> None:
    """The page has weight and bias as they are used, times the activation's gain: lrelu(a·x) = a·lrelu(x)."""
    gain *= GAINS[layer.activation]
    rate, inputs = layer.lr_multiplier, layer.weight.shape[1]
    weight, bias = gain * rate / math.sqrt(inputs), gain * rate
    layer.weight.data = numbers.rows(layer.weight * weight, 16) / weight
    layer.bias.data = numbers.exact(layer.bias * bias) / bias


def _styled(layer: StyledConv, numbers: Numbers) -> None:
    gain = GAINS["lrelu"]
    _linear(layer.style, numbers)
    layer.weight.data = numbers.rows(layer.weight)
    layer.bias.data = numbers.exact(layer.bias * gain) / gain
    layer.noise_strength.data = numbers.exact(layer.noise_strength * gain) / gain
    layer.fixed_noise.data = numbers.rows(layer.fixed_noise)


def _colours(layer: ToRGB, numbers: Numbers) -> None:
    _linear(layer.style, numbers, gain=1 / math.sqrt(layer.weight.shape[1]))
    layer.weight.data = numbers.rows(layer.weight, 16)
    layer.bias.data = numbers.exact(layer.bias)


def _round(generator: Generator, numbers: Numbers) -> list[dict[str, int]]:
    """Round the generator in place, in the page's order; return side and feature maps of its blocks."""
    for layer in generator.mapping.layers:
        assert isinstance(layer, EqualizedLinear)
        _linear(layer, numbers)
    generator.mapping.w_mean = numbers.exact(generator.mapping.w_mean)
    synthesis = generator.synthesis
    synthesis.constant.data = numbers.rows(synthesis.constant)
    sizes = []
    for block in synthesis.blocks:
        for styled in block.layers:  # type: ignore[union-attr]
            assert isinstance(styled, StyledConv)
            _styled(styled, numbers)
        assert isinstance(block.to_rgb, ToRGB)
        _colours(block.to_rgb, numbers)
        sizes.append({"side": styled.resolution, "channels": styled.weight.shape[0]})
    return sizes


def rounded(generator: Generator) -> Generator:
    """The generator that the page has, in float64."""
    copied = copy.deepcopy(generator).double()
    _round(copied, Numbers())
    return copied


@torch.no_grad()
def as_script(generator: Generator | None = None) -> str:
    """The script that gives a page `gm.models.stylegan2_faces`; by default that of the zoo."""
    source = zoo.load("stylegan2_faces") if generator is None else generator
    assert isinstance(source, Generator)
    model, numbers = copy.deepcopy(source).double(), Numbers()
    described = {
        "z": model.mapping.z_dim,
        "w": model.mapping.w_dim,
        "mapping": len(model.mapping.layers),
        "blocks": _round(model, numbers),
    }
    return numbers.script("stylegan2_faces", described)
