"""Layers on their way into a page: plain networks, and the rounded layers that several whole models share.

A network with rounded weights is still a network, and a flow with rounded weights still a flow: it inverts exactly.
Whatever is rounded is rounded in place, so that torch can run the very model that the page has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from gmcourse.flows import ActNormConv, PlainConv1x1
from gmcourse.nn.conv import ZeroConv2d
from tools.live.wire import Numbers

Description = dict[str, Any]


def _one(value: tuple[int, ...] | int | str, what: str) -> int:
    """The runtime has one stride and one padding for both directions."""
    if isinstance(value, int):
        return value
    if isinstance(value, str) or len(set(value)) != 1:
        raise ValueError(f"{what} is {value}; expected the same number in both directions")
    return int(value[0])


def _convolution(layer: nn.Conv2d | nn.ConvTranspose2d) -> Description:
    if layer.groups != 1 or _one(layer.dilation, "dilation") != 1 or layer.padding_mode != "zeros":
        raise ValueError(f"{layer} has groups, dilation or a padding other than zeros; none can be exported")
    described = {"stride": _one(layer.stride, "stride"), "padding": _one(layer.padding, "padding")}
    if isinstance(layer, nn.ConvTranspose2d):
        described["output_padding"] = _one(layer.output_padding, "output_padding")
    return described


# what the runtime calls a layer, and what it has to know beside the weights
KINDS: dict[type[nn.Module], tuple[str, Callable[[Any], Description]]] = {
    nn.Linear: ("linear", lambda m: {}),
    nn.Conv2d: ("conv2d", _convolution),
    nn.ConvTranspose2d: ("conv_transpose2d", _convolution),
    nn.ReLU: ("relu", lambda m: {}),
    nn.LeakyReLU: ("leaky_relu", lambda m: {"slope": m.negative_slope}),
    nn.SiLU: ("silu", lambda m: {}),
    nn.Sigmoid: ("sigmoid", lambda m: {}),
    nn.Tanh: ("tanh", lambda m: {}),
    nn.Flatten: ("reshape", lambda m: {"shape": [-1]}),
    nn.Unflatten: ("reshape", lambda m: {"shape": list(m.unflattened_size)}),
}


def _flat(module: nn.Module) -> list[nn.Module]:
    """List the layers in order, with containers opened."""
    if isinstance(module, nn.Sequential):
        return [each for child in module for each in _flat(child)]
    return [] if isinstance(module, nn.Identity | nn.Dropout) else [module]


def network(module: nn.Module, numbers: Numbers, name: str, kind: str = "float32") -> list[Description]:
    """Add a network's weights as `name.0.weight` …, and describe its layers for `gm.weights(…).network(name)`.

    Args:
        module: layers of `KINDS`, alone or in `nn.Sequential`.
        numbers: where the weights go.
        name: of the network; several networks of the same layers may share one.
        kind: of the weights; biases are float32.

    Raises:
        ValueError: a layer that the runtime does not know.
    """
    layers: list[Description] = []
    for i, layer in enumerate(_flat(module)):
        if type(layer) not in KINDS:
            known = ", ".join(each.__name__ for each in KINDS)
            raise ValueError(f"{layer} cannot be exported; expected one of {known}")
        called, describe = KINDS[type(layer)]
        layers.append({"kind": called, **describe(layer)})
        for key, values in layer.named_parameters():
            numbers.add(f"{name}.{i}.{key}", values, kind if key == "weight" else "float32")
    return layers


def rounded_conv(conv: nn.Conv2d | ZeroConv2d, numbers: Numbers, name: str, gain: Tensor | None = None) -> None:
    """Round a convolution to eight bits; its own scale, or the gain of what follows it, goes into the weight."""
    if isinstance(conv, ZeroConv2d):
        gain = (3 * conv.log_scale).exp()
        conv.log_scale.data.zero_()
    gain = conv.weight.new_ones(len(conv.weight)) if gain is None else gain.detach()
    conv.weight.data = numbers.add(f"{name}.weight", conv.weight * gain[:, None, None, None], "int8")
    if conv.bias is not None:
        conv.bias.data = numbers.add(f"{name}.bias", conv.bias * gain)


def rounded_mixing(member: ActNormConv, numbers: Numbers, name: str) -> None:
    """Round an actnorm with its 1×1 convolution, as one matrix of 16 bits and a bias."""
    folded = member.conv.matrix() * member.actnorm.log_scale.exp()
    plain = PlainConv1x1(member.conv.channels).double()
    plain.weight.data = numbers.add(f"{name}.weight", folded, "int16")
    member.conv = plain
    member.actnorm.log_scale.data.zero_()
    numbers.add(f"{name}.bias", plain.weight @ member.actnorm.bias)
