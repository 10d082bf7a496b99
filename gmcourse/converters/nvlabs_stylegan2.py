"""Weights of the authors' StyleGAN2 (NVlabs/stylegan2-ada-pytorch), read into ours.

What is read is a state dict, name → tensor; the published files are pickles of code, which must be opened once
with the authors' repository beside them (`torch.save(G.state_dict(), …)`). Networks with class labels, and
discriminators of another architecture than "resnet", are refused.
"""

import re
from collections.abc import Mapping

import torch
from torch import nn

from gmcourse import expect
from gmcourse.converters.state import State, Weights, opened
from gmcourse.models.stylegan2 import Discriminator, Generator
from gmcourse.nn.resample import fir_kernel


def _blocks(weights: Weights, prefix: str) -> list[int]:
    """List the sides of the blocks b4, b8, … below a prefix, in ascending order."""
    found = {int(match[1]) for match in weights.names(rf"{re.escape(prefix)}b(\d+)\.")}
    sides = [4 * 2**i for i in range(max(len(found), 1))]
    for side in sides:
        if side not in found:
            weights.lacks(f"{prefix}b{side}.…")
    return sides


def _base_and_max(widths: Mapping[int, int]) -> tuple[int, int]:
    """Find channel_base and channel_max that give these feature maps, min(base // side, max) at each side."""
    most = max(widths.values())
    side, narrow = max(widths.items())
    base = max(side * narrow, *(s * w for s, w in widths.items()))
    if any(min(base // s, most) != w for s, w in widths.items()):
        expect.refuse("state", f"of feature maps {dict(widths)} by side", "min(base // side, max) for one base")
    return base, most


PLAIN = {"weight": "weight", "bias": "bias"}
STYLED = PLAIN | {"style.weight": "affine.weight", "style.bias": "affine.bias"}
NOISY = STYLED | {"noise_strength": "noise_strength", "fixed_noise": "noise_const"}


def _layer(ours: str, theirs: str, parts: Mapping[str, str]) -> dict[str, str]:
    """Name the tensors of one layer: ours → theirs."""
    return {f"{ours}.{a}": f"{theirs}.{b}" for a, b in parts.items()}


def _generator_names(generator: Generator, resolutions: list[int]) -> dict[str, str]:
    names = {"mapping.w_mean": "mapping.w_avg", "synthesis.constant": "synthesis.b4.const"}
    for i in range(len(generator.mapping.layers)):
        names |= _layer(f"mapping.layers.{i}", f"mapping.fc{i}", PLAIN)
    for i, side in enumerate(resolutions):
        ours, theirs = f"synthesis.blocks.{i}", f"synthesis.b{side}"
        for j, conv in enumerate(["conv1"] if side == 4 else ["conv0", "conv1"]):
            names |= _layer(f"{ours}.layers.{j}", f"{theirs}.{conv}", NOISY)
        names |= _layer(f"{ours}.to_rgb", f"{theirs}.torgb", STYLED)
    return names


def _discriminator_names(resolutions: list[int]) -> dict[str, str]:
    names = _layer("from_rgb", f"b{resolutions[-1]}.fromrgb", PLAIN)
    for i, side in enumerate(reversed(resolutions[1:])):
        names |= _layer(f"blocks.{i}.first", f"b{side}.conv0", PLAIN)
        names |= _layer(f"blocks.{i}.second", f"b{side}.conv1", PLAIN)
        names[f"blocks.{i}.skip.weight"] = f"b{side}.skip.weight"
    for ours, theirs in (("conv", "conv"), ("hidden", "fc"), ("out", "out")):
        names |= _layer(ours, f"b4.{theirs}", PLAIN)
    return names


def _load(module: nn.Module, weights: Weights, names: Mapping[str, str]) -> None:
    ours = module.state_dict()
    for name, theirs in names.items():
        weights.copy(ours[name], theirs)
    # every layer of theirs keeps the filter with which it enlarges or shrinks; ours is fixed
    kernel = fir_kernel().to(weights.dtype)
    layers = {part.rpartition(".")[0] for name in names.values() for part in (name, name.rpartition(".")[0])}
    for match in weights.names(r"(.*)\.resample_filter$"):
        if match[1] in layers and not torch.allclose(weights.take(match[0], 4, 4), kernel, atol=1e-6):
            weights.complain(f"{match[0]} is another filter than that of the taps 1, 3, 3, 1")
    weights.finish()


@expect.door(state="empty")
@torch.no_grad()
def generator_from_nvlabs(state: State) -> Generator:
    """Build a generator with the weights, in their dtype, of a `G` or `G_ema`: equal z give equal numbers."""
    weights = opened(state, "a generator ('skip') of stylegan2-ada-pytorch without class labels")
    resolutions, depth = _blocks(weights, "synthesis."), weights.count("mapping.fc")
    w_dim, z_dim = weights.shape("mapping.fc0.weight", 2)
    widths = {side: weights.shape(f"synthesis.b{side}.conv1.weight", 4)[0] for side in resolutions}
    base, most = _base_and_max(widths)
    generator = weights.build(
        Generator,
        z_dim=z_dim,
        w_dim=w_dim,
        resolution=resolutions[-1],
        mapping_layers=depth,
        image_channels=weights.shape("synthesis.b4.torgb.weight", 4)[0],
        channel_base=base,
        channel_max=most,
    )
    _load(generator, weights, _generator_names(generator, resolutions))
    return generator


@expect.door(state="empty", group=">= 1")
@torch.no_grad()
def discriminator_from_nvlabs(state: State, *, group: int = 4) -> Discriminator:
    """Build a discriminator with the weights of a `D`; they do not say the `group` of its minibatch deviations."""
    weights = opened(state, "a discriminator ('resnet') of stylegan2-ada-pytorch without class labels")
    resolutions = _blocks(weights, "")
    top = resolutions[-1]
    narrow, wide = weights.shape("b4.conv.weight", 4)[:2]
    widths = {side: weights.shape(f"b{side}.conv0.weight", 4)[1] for side in resolutions[1:]}
    base, most = _base_and_max({4: narrow, **widths})
    discriminator = weights.build(
        Discriminator,
        resolution=top,
        image_channels=weights.shape(f"b{top}.fromrgb.weight", 4)[1],
        channel_base=base,
        channel_max=most,
        group=group,
        features=wide - narrow,
    )
    _load(discriminator, weights, _discriminator_names(resolutions))
    return discriminator
