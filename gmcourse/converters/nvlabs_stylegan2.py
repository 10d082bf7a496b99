"""Weights of the authors' StyleGAN2 (NVlabs/stylegan2-ada-pytorch), read into ours.

What is read is a state dict, name → tensor; the published files are pickles of code, which must be opened once
with the authors' repository beside them (`torch.save(G.state_dict(), …)`). Networks with class labels, and
discriminators of another architecture than "resnet", are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from gmcourse.models.stylegan2 import Discriminator, Generator

State = Mapping[str, Tensor]


def _blocks(state: State, prefix: str) -> list[int]:
    """The sides of the blocks b4, b8, … below a prefix, in ascending order."""
    found = {int(m[1]) for key in state if (m := re.match(rf"{re.escape(prefix)}b(\d+)\.", key))}
    if not found:
        raise ValueError(
            f"no key begins with '{prefix}b4.'; got {sorted(state)[:3]} …: not a StyleGAN2 of stylegan2-ada-pytorch"
        )
    return sorted(found)


def _base_and_max(widths: Mapping[int, int]) -> tuple[int, int]:
    """channel_base and channel_max that give these feature maps, min(base // side, max) at each side."""
    most = max(widths.values())
    side, narrow = max(widths.items())
    base = max(side * narrow, *(s * w for s, w in widths.items()))
    if any(min(base // s, most) != w for s, w in widths.items()):
        raise ValueError(
            f"feature maps by side are {dict(widths)}; expected min(base // side, max) for one base"
        )
    return base, most


def _layer(theirs: str, ours: str) -> dict[str, str]:
    """A styled convolution: ours → theirs."""
    names = {
        "weight": "weight",
        "bias": "bias",
        "noise_strength": "noise_strength",
        "fixed_noise": "noise_const",
        "style.weight": "affine.weight",
        "style.bias": "affine.bias",
    }
    return {f"{ours}.{a}": f"{theirs}.{b}" for a, b in names.items()}


def _generator_names(generator: Generator, resolutions: list[int]) -> dict[str, str]:
    names = {"mapping.w_mean": "mapping.w_avg", "synthesis.constant": "synthesis.b4.const"}
    for i in range(len(generator.mapping.layers)):
        for part in ("weight", "bias"):
            names[f"mapping.layers.{i}.{part}"] = f"mapping.fc{i}.{part}"
    for i, side in enumerate(resolutions):
        ours, theirs = f"synthesis.blocks.{i}", f"synthesis.b{side}"
        convs = ["conv1"] if side == 4 else ["conv0", "conv1"]
        for j, conv in enumerate(convs):
            names |= _layer(f"{theirs}.{conv}", f"{ours}.layers.{j}")
        for ours_part, part in (
            ("weight", "weight"),
            ("bias", "bias"),
            ("style.weight", "affine.weight"),
            ("style.bias", "affine.bias"),
        ):
            names[f"{ours}.to_rgb.{ours_part}"] = f"{theirs}.torgb.{part}"
    return names


def _discriminator_names(resolutions: list[int]) -> dict[str, str]:
    top = resolutions[-1]
    names = {f"from_rgb.{part}": f"b{top}.fromrgb.{part}" for part in ("weight", "bias")}
    for i, side in enumerate(reversed(resolutions[1:])):
        for ours, theirs in (("first", "conv0"), ("second", "conv1")):
            for part in ("weight", "bias"):
                names[f"blocks.{i}.{ours}.{part}"] = f"b{side}.{theirs}.{part}"
        names[f"blocks.{i}.skip.weight"] = f"b{side}.skip.weight"
    for ours, theirs in (("conv", "conv"), ("hidden", "fc"), ("out", "out")):
        for part in ("weight", "bias"):
            names[f"{ours}.{part}"] = f"b4.{theirs}.{part}"
    return names


def _load(module: nn.Module, state: State, names: Mapping[str, str], ignored: str) -> None:
    missing = sorted(theirs for theirs in names.values() if theirs not in state)
    unknown = sorted(key for key in state if key not in names.values() and not re.search(ignored, key))
    if missing or unknown:
        raise ValueError(
            f"the state dict lacks {missing[:3] or 'nothing'} and has {unknown[:3] or 'nothing'} besides: "
            "not the skip generator or residual discriminator without labels"
        )
    module.to(state[next(iter(names.values()))].dtype)
    module.load_state_dict({ours: state[theirs] for ours, theirs in names.items()})


def generator_from_nvlabs(state: State) -> Generator:
    """A generator with the weights of a `G` or `G_ema` of stylegan2-ada-pytorch.

    Args:
        state: its state dict, name → tensor.

    Returns:
        A `Generator` in the dtype of the weights: same numbers for the same z and the same noise.

    Raises:
        ValueError: the state dict is of another network.
    """
    resolutions = _blocks(state, "synthesis.")
    depth = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", key)) for key in state)
    if not depth or "mapping.embed.weight" in state:
        raise ValueError("the mapping network has no layers, or takes class labels; neither can be read")
    first = state["mapping.fc0.weight"]
    widths = {side: state[f"synthesis.b{side}.conv1.weight"].shape[0] for side in resolutions}
    base, most = _base_and_max(widths)
    generator = Generator(
        z_dim=first.shape[1],
        w_dim=first.shape[0],
        resolution=resolutions[-1],
        mapping_layers=depth,
        image_channels=state["synthesis.b4.torgb.weight"].shape[0],
        channel_base=base,
        channel_max=most,
    )
    _load(generator, state, _generator_names(generator, resolutions), r"resample_filter$")
    return generator


def discriminator_from_nvlabs(state: State, *, group: int = 4) -> Discriminator:
    """A discriminator with the weights of a `D` of stylegan2-ada-pytorch.

    Args:
        state: its state dict.
        group: of the minibatch standard deviation; a state dict does not say (4 is the published default).

    Raises:
        ValueError: the state dict is of another network.
    """
    resolutions = _blocks(state, "")
    top = resolutions[-1]
    if f"b{top}.fromrgb.weight" not in state or f"b{top}.skip.weight" not in state:
        raise ValueError("not a residual discriminator ('resnet') of stylegan2-ada-pytorch")
    widths = {side: state[f"b{side}.conv0.weight"].shape[1] for side in resolutions if side > 4}
    widths[4] = state["b4.conv.weight"].shape[0]
    base, most = _base_and_max(widths)
    discriminator = Discriminator(
        resolution=top,
        image_channels=state[f"b{top}.fromrgb.weight"].shape[1],
        channel_base=base,
        channel_max=most,
        group=group,
        features=state["b4.conv.weight"].shape[1] - widths[4],
    )
    _load(discriminator, state, _discriminator_names(resolutions), r"resample_filter$")
    return discriminator
