"""Weights of the authors' SRFlow (andreas128/SRFlow), read into ours.

Facts about that code that matter here, beside the paper: half of the channels stay at one level less; scales
are sigmoid(· + 2) + 10⁻⁴ and come in turn with shifts (shift, scale, shift, …); the trunk's last block, and
not the first convolution, is added to the trunk's end; the features of the larger levels are those after their
leaky ReLU, because it works in place. Its loss is bits per position, not divided by three channels, its
quantisation constant counts one channel of three, and its training adds no quantisation noise. The last three
are not in the weights: `SRFlow.log_prob` is the density, in nats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from gmcourse.flows import ActNorm, ActNormConv, AffineCoupling, AffineInjector, Multiscale, PlainConv1x1
from gmcourse.models.srflow import Regression, SRFlow
from gmcourse.models.srflow.steps import ConditionalNet
from gmcourse.nn.conv import ZeroConv2d
from gmcourse.nn.rrdb import RRDB, RRDBEncoder

FLOW = "flowUpsamplerNet.layers"


def _load_conv(ours: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Weight and bias of one convolution of the encoder."""
    assert isinstance(ours, nn.Conv2d)
    assert ours.bias is not None
    ours.weight.copy_(state[f"{name}.weight"])
    ours.bias.copy_(state[f"{name}.bias"])


def _load_encoder(ours: RRDBEncoder, state: Mapping[str, Tensor]) -> None:
    _load_conv(ours.first, state, "RRDB.conv_first")
    _load_conv(ours.after, state, "RRDB.trunk_conv")
    for number, block in enumerate(ours.trunk):
        assert isinstance(block, RRDB)
        for d, dense in enumerate(block.blocks):
            for c, conv in enumerate(dense.convs):  # type: ignore[arg-type]
                _load_conv(conv, state, f"RRDB.RRDB_trunk.{number}.RDB{d + 1}.conv{c + 1}")
    for number, up in enumerate(ours.ups):
        _load_conv(up, state, f"RRDB.upconv{number + 1}")


def _load_actnorm(ours: ActNorm, state: Mapping[str, Tensor], name: str) -> None:
    ours.bias.copy_(state[f"{name}.bias"].flatten())
    ours.log_scale.copy_(state[f"{name}.logs"].flatten())
    ours.initialised.fill_(True)


def _load_zero_conv(ours: ZeroConv2d, state: Mapping[str, Tensor], name: str, order: Tensor) -> None:
    ours.weight.copy_(state[f"{name}.weight"][order])
    ours.bias.copy_(state[f"{name}.bias"][order])
    ours.log_scale.copy_(state[f"{name}.logs"].flatten()[order])


def _scales_first(outputs: int) -> Tensor:
    """Theirs has shift, scale, shift, scale, …; ours all scales, then all shifts."""
    return torch.cat([torch.arange(1, outputs, 2), torch.arange(0, outputs, 2)])


def _load_network(ours: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """The network of an injector (context alone) or of a coupling (part, then context)."""
    assert isinstance(ours, ConditionalNet)
    first = state[f"{name}.0.weight"]
    parts = 0
    if ours.of_part is not None:
        parts = ours.of_part.in_channels
        ours.of_part.weight.copy_(first[:, :parts])
    ours.of_context.weight.copy_(first[:, parts:])
    ours.second.weight.copy_(state[f"{name}.2.weight"])
    _load_actnorm(ours.norm1, state, f"{name}.0.actnorm")
    _load_actnorm(ours.norm2, state, f"{name}.2.actnorm")
    _load_zero_conv(ours.last, state, f"{name}.4", _scales_first(len(ours.last.bias)))


def _load_split(ours: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Mean and log σ of the half that stays, as a coupling's raw scale −log σ and shift −mean."""
    assert isinstance(ours, ZeroConv2d)
    _load_zero_conv(ours, state, name, _scales_first(len(ours.bias)))
    ours.weight.neg_()
    ours.bias.neg_()


def _layers(state: Mapping[str, Tensor]) -> list[list[int]]:
    """Indices of the layers with weights, level by level: a squeeze takes an index and has no weights."""
    found = {int(key.split(".")[2]) for key in state if key.startswith(f"{FLOW}.")}
    levels: list[list[int]] = []
    for index in range(max(found, default=-1) + 1):
        if index not in found:
            levels.append([])
        elif levels:
            levels[-1].append(index)
    return levels


def _encoder_sizes(state: Mapping[str, Tensor]) -> dict[str, int]:
    """Scale and widths of the encoder.

    Raises:
        ValueError: the state dict is of another model.
    """
    if "RRDB.conv_first.weight" not in state:
        raise ValueError(
            f"no key 'RRDB.conv_first.weight'; got {sorted(state)[:3]} …: not a published SRFlow"
        )
    return {
        "scale": 2 ** sum(key.startswith("RRDB.upconv") and key.endswith("weight") for key in state),
        "channels": len(state["RRDB.conv_first.weight"]),
        "growth": len(state["RRDB.RRDB_trunk.0.RDB1.conv1.weight"]),
        "n_blocks": 1 + max(int(key.split(".")[2]) for key in state if key.startswith("RRDB.RRDB_trunk.")),
    }


@torch.no_grad()
def srflow_from_official(state: Mapping[str, Tensor], stacked: Sequence[int] = (1, 8, 15, 22)) -> SRFlow:
    """A model with the weights of a checkpoint of the authors.

    Args:
        state: its state dict, name → tensor.
        stacked: blocks of the trunk whose outputs every level sees; a state dict does not say.

    Raises:
        ValueError: the state dict is of another model.
    """
    sizes = _encoder_sizes(state)
    levels = _layers(state)
    kinds = [[_kind(state, index) for index in level] for level in levels]
    if not levels or not all("step" in kind for kind in kinds):
        raise ValueError(f"no conditional steps below {FLOW!r}: not a published SRFlow")
    step = f"{FLOW}.{levels[0][kinds[0].index('step')]}.affine.fAffine"
    model = SRFlow(
        sizes["scale"],
        n_levels=len(levels),
        n_steps=kinds[0].count("step"),
        n_transitions=kinds[0].count("transition"),
        n_splits=sum("split" in kind for kind in kinds),
        channels=sizes["channels"],
        growth=sizes["growth"],
        n_blocks=sizes["n_blocks"],
        stacked=stacked,
        hidden_channels=len(state[f"{step}.0.weight"]),
        coupling_scale="sigmoid_floor",
        long_skip=False,
    ).to(state["RRDB.conv_first.weight"].dtype)
    _load_encoder(model.encoder, state)
    ours = [module for module in model.flow.modules() if isinstance(module, Multiscale)]
    for level, indices, kind in zip(ours, levels, kinds, strict=True):
        _load_level(level, state, indices, kind)
    return model


def _kind(state: Mapping[str, Tensor], index: int) -> str:
    if f"{FLOW}.{index}.conv.weight" in state:
        return "split"
    return "step" if f"{FLOW}.{index}.affine.fAffine.0.weight" in state else "transition"


def _load_level(level: Multiscale, state: Mapping[str, Tensor], indices: list[int], kinds: list[str]) -> None:
    members = iter(level.steps.members)  # type: ignore[arg-type]
    for index, kind in zip(indices, kinds, strict=True):
        name = f"{FLOW}.{index}"
        if kind == "split":
            assert isinstance(level.split, AffineCoupling)
            _load_split(level.split.network, state, f"{name}.conv")
            continue
        mixer = next(members)
        assert isinstance(mixer, ActNormConv)
        assert isinstance(mixer.conv, PlainConv1x1)
        _load_actnorm(mixer.actnorm, state, f"{name}.actnorm")
        mixer.conv.weight.copy_(state[f"{name}.invconv.weight"])
        if kind == "step":
            injector, coupling = next(members), next(members)
            assert isinstance(injector, AffineInjector)
            assert isinstance(coupling, AffineCoupling)
            _load_network(injector.network, state, f"{name}.affine.fFeatures")
            _load_network(coupling.network, state, f"{name}.affine.fAffine")


@torch.no_grad()
def regression_from_official(state: Mapping[str, Tensor]) -> Regression:
    """The regression network whose trunk a checkpoint's encoder is; it keeps the head as well.

    Raises:
        ValueError: the state dict is of another model.
    """
    sizes = _encoder_sizes(state)
    scale = sizes.pop("scale")
    model = Regression(scale, **sizes, long_skip=False).to(state["RRDB.conv_first.weight"].dtype)
    _load_encoder(model.encoder, state)
    _load_conv(model.up, state, f"RRDB.upconv{scale.bit_length() - 1}")
    _load_conv(model.full, state, "RRDB.HRconv")
    _load_conv(model.last, state, "RRDB.conv_last")
    return model
