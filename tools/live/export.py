"""Networks for the live figures of the site: a module becomes a script that a page can load.

The script holds the layers' names and sizes as JSON and all weights as one base64 string of float32, and
calls `gm.network(name, layers, weights)` of `book/_static/live/runtime.js`, which knows the same layers. It
is a script rather than a data file because a page opened from disk may load scripts, and nothing else.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.nn.networks import Shaped

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
    described: Description = {
        "out_channels": layer.out_channels,
        "kernel": list(layer.kernel_size),
        "stride": _one(layer.stride, "stride"),
        "padding": _one(layer.padding, "padding"),
    }
    if isinstance(layer, nn.ConvTranspose2d):
        described["output_padding"] = _one(layer.output_padding, "output_padding")
    return described


def _upsample(layer: nn.Upsample) -> Description:
    if layer.mode != "nearest" or layer.scale_factor is None:
        raise ValueError(f"{layer} cannot be exported; expected mode 'nearest' and a scale_factor")
    factor = layer.scale_factor
    return {"scale": int(factor if isinstance(factor, float) else factor[0])}


# what the runtime calls a layer, and its sizes
KINDS: dict[type[nn.Module], tuple[str, Callable[[Any], Description]]] = {
    nn.Linear: ("linear", lambda m: {"in_features": m.in_features, "out_features": m.out_features}),
    nn.Conv2d: ("conv2d", _convolution),
    nn.ConvTranspose2d: ("conv_transpose2d", _convolution),
    nn.Upsample: ("upsample_nearest", _upsample),
    nn.ReLU: ("relu", lambda m: {}),
    nn.LeakyReLU: ("leaky_relu", lambda m: {"slope": m.negative_slope}),
    nn.SiLU: ("silu", lambda m: {}),
    nn.Softplus: ("softplus", lambda m: {}),
    nn.Sigmoid: ("sigmoid", lambda m: {}),
    nn.Tanh: ("tanh", lambda m: {}),
    nn.Unflatten: ("reshape", lambda m: {"shape": list(m.unflattened_size)}),
}


def _flat(module: nn.Module) -> list[nn.Module | Description]:
    """The layers in order, with containers opened."""
    if isinstance(module, nn.Sequential):
        return [each for child in module for each in _flat(child)]
    if isinstance(module, Shaped):
        flatten: Description = {"kind": "reshape", "shape": [-1]}
        return [flatten, *_flat(module.network), {"kind": "reshape", "shape": list(module.out_shape)}]
    if isinstance(module, nn.Flatten):
        return [{"kind": "reshape", "shape": [-1]}]
    if isinstance(module, nn.Identity | nn.Dropout):
        return []
    return [module]


def as_script(name: str, module: nn.Module) -> str:
    """The script that gives a page the network `gm.networks[name]`.

    Args:
        name: as the figure's `data-weights` and the file call it.
        module: layers of `KINDS`, alone or in `nn.Sequential` and `Shaped`.

    Raises:
        ValueError: a layer that the runtime does not know.
    """
    layers: list[Description] = []
    numbers: list[Tensor] = []
    length = 0
    for layer in _flat(module):
        if isinstance(layer, dict):
            layers.append(layer)
            continue
        if type(layer) not in KINDS:
            raise ValueError(
                f"{layer} cannot be exported; expected one of {', '.join(k.__name__ for k in KINDS)}"
            )
        kind, describe = KINDS[type(layer)]
        described = {"kind": kind, **describe(layer)}
        for key, value in layer.named_parameters():
            numbers.append(value.detach().cpu().to(torch.float32).flatten())
            described[key] = [length, length + value.numel()]
            length += value.numel()
        layers.append(described)
    flat = torch.cat(numbers) if numbers else torch.zeros(0)
    text = base64.b64encode(flat.numpy().astype("<f4").tobytes()).decode()
    return f"gm.network({json.dumps(name)}, {json.dumps(layers)}, {json.dumps(text)});\n"
