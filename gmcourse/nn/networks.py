"""Plain networks: a multilayer perceptron, and a convolutional pair, down to a vector and up."""

import itertools
import math
from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from gmcourse import expect


@expect.door(sizes=">= 1")
def mlp(sizes: Sequence[int], activation: type[nn.Module] = nn.SiLU) -> nn.Sequential:
    """Build linear layers of the given widths with an activation between them, none after the last.

    There are at least two widths, the input's first; the activation is a module without arguments.
    """
    expect.whole("the number of sizes", len(sizes), least=2)
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(itertools.pairwise(sizes)):
        layers += [nn.Linear(before, after)] + ([activation()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


@expect.door(shape="3: >= 1")
def halvings(shape: Sequence[int]) -> int:
    """How often an image can be halved before its shorter side falls below four pixels."""
    side = math.gcd(shape[1], shape[2])
    return next(k for k in itertools.count() if (side >> k) % 2 or side >> k + 1 < 4)


@expect.door(shape="3: >= 1", width=">= 1", out_features=">= 1")
def conv_encoder(shape: Sequence[int], width: int, out_features: int) -> nn.Sequential:
    """Map images (B, C, H, W) to vectors (B, out_features): strided convolutions, channels doubling."""
    levels = halvings(shape)
    layers: list[nn.Module] = [nn.Conv2d(shape[0], width, 3, padding=1), nn.SiLU()]
    for i in range(levels):
        layers += [nn.Conv2d(width << i, width << i + 1, 4, stride=2, padding=1), nn.SiLU()]
    area = (shape[1] >> levels) * (shape[2] >> levels)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear((width << levels) * area, out_features))


@expect.door(shape="3: >= 1", width=">= 1", in_features=">= 1")
def conv_decoder(shape: Sequence[int], width: int, in_features: int) -> nn.Sequential:
    """Map vectors (B, in_features) to images (B, C, H, W): the mirror of `conv_encoder`, its end linear."""
    levels = halvings(shape)
    low = (width << levels, shape[1] >> levels, shape[2] >> levels)
    layers: list[nn.Module] = [nn.Linear(in_features, math.prod(low)), nn.SiLU(), nn.Unflatten(1, low)]
    for i in reversed(range(levels)):
        layers += [nn.ConvTranspose2d(width << i + 1, width << i, 4, stride=2, padding=1), nn.SiLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, shape[0], 3, padding=1))


@expect.door(before=">= 1", after=">= 1", stride=">= 1")
def conv_block(before: int, after: int, stride: int) -> nn.Sequential:
    """Build 3×3 convolution, batch normalisation, SiLU: (B, before, H, W) → (B, after, H / stride, W / stride)."""
    convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.SiLU())


@expect.door(network="mlp|conv", shape="3: >= 1", hidden=">= 1", out_features=">= 1", in_features=">= 1")
def image_pair(
    network: str, shape: Sequence[int], hidden: Sequence[int], out_features: int, in_features: int
) -> tuple[nn.Module, nn.Module]:
    """Build an encoder of images to vectors (B, out_features) and a decoder of vectors (B, in_features).

    `hidden` are the widths of the hidden layers ("mlp"), or the first of them is the first number of channels
    ("conv").
    """
    if network == "conv":
        return conv_encoder(shape, hidden[0], out_features), conv_decoder(shape, hidden[0], in_features)
    size = math.prod(shape)
    encoder = _shaped(mlp([size, *hidden, out_features]), [out_features])
    return encoder, _shaped(mlp([in_features, *reversed(hidden), size]), shape)


def _shaped(network: nn.Module, shape: Sequence[int]) -> nn.Sequential:
    """Let a network of vectors take any shape and give this one; saved weights know it as `network`."""
    parts = {"flat": nn.Flatten(), "network": network, "shaped": nn.Unflatten(1, tuple(shape))}
    return nn.Sequential(OrderedDict(parts))
