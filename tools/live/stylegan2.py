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
from gmcourse.models.stylegan2.generator import sides
from gmcourse.models.stylegan2.modulation import StyledConv, ToRGB
from gmcourse.nn.equalized import GAINS, EqualizedLinear
from tools.live.wire import Numbers


def _linear(layer: EqualizedLinear, numbers: Numbers, name: str, gain: float = 1.0) -> None:
    """The page has weight and bias as they are used, times the activation's gain: lrelu(a·x) = a·lrelu(x)."""
    gain *= GAINS[layer.activation]
    rate, inputs = layer.lr_multiplier, layer.weight.shape[1]
    weight, bias = gain * rate / math.sqrt(inputs), gain * rate
    layer.weight.data = numbers.add(f"{name}.weight", layer.weight * weight, "int16") / weight
    layer.bias.data = numbers.add(f"{name}.bias", layer.bias * bias) / bias


def _styled(layer: StyledConv, numbers: Numbers, name: str) -> None:
    gain = GAINS["lrelu"]
    _linear(layer.style, numbers, f"{name}.style")
    layer.weight.data = numbers.add(f"{name}.weight", layer.weight, "int8")
    layer.bias.data = numbers.add(f"{name}.bias", layer.bias * gain) / gain
    layer.noise_strength.data = numbers.add(f"{name}.strength", layer.noise_strength * gain) / gain
    layer.fixed_noise.data = numbers.add(f"{name}.noise", layer.fixed_noise, "int8")


def _colours(layer: ToRGB, numbers: Numbers, name: str) -> None:
    _linear(layer.style, numbers, f"{name}.style", gain=1 / math.sqrt(layer.weight.shape[1]))
    layer.weight.data = numbers.add(f"{name}.weight", layer.weight, "int16")
    layer.bias.data = numbers.add(f"{name}.bias", layer.bias)


def _round(generator: Generator, numbers: Numbers) -> None:
    """Round the generator in place; names of a block begin with its side."""
    for i, layer in enumerate(generator.mapping.layers):
        assert isinstance(layer, EqualizedLinear)
        _linear(layer, numbers, f"mapping.{i}")
    generator.mapping.w_mean = numbers.add("w_mean", generator.mapping.w_mean)
    synthesis = generator.synthesis
    synthesis.constant.data = numbers.add("constant", synthesis.constant, "int8")
    for block in synthesis.blocks:
        for i, styled in enumerate(block.layers):  # type: ignore[arg-type]
            assert isinstance(styled, StyledConv)
            _styled(styled, numbers, f"{styled.resolution}.{i}")
        assert isinstance(block.to_rgb, ToRGB)
        _colours(block.to_rgb, numbers, f"{styled.resolution}.colours")


def rounded(generator: Generator) -> Generator:
    """The generator that the page has, in float64."""
    copied = copy.deepcopy(generator).double()
    _round(copied, Numbers())
    return copied


@torch.no_grad()
def as_script(generator: Generator | None = None) -> str:
    """The script that gives a page `gm.weights("stylegan2_faces")`; by default that of the zoo."""
    source = zoo.load("stylegan2_faces") if generator is None else generator
    assert isinstance(source, Generator)
    model, numbers = copy.deepcopy(source).double(), Numbers()
    _round(model, numbers)
    described = {"mapping": len(model.mapping.layers), "sides": sides(model.synthesis.resolution)}
    return numbers.script("stylegan2_faces", described)
