"""Weights of the authors' SRFlow (andreas128/SRFlow), read into ours.

Facts about that code that matter here, beside the paper: half of the channels stay at one level less; scales
are sigmoid(· + 2) + 10⁻⁴ and come in turn with shifts (shift, scale, shift, …); the trunk's last block, and
not the first convolution, is added to the trunk's end; the features of the larger levels are those after their
leaky ReLU, because it works in place. Its loss is bits per position, not divided by three channels, its
quantisation constant counts one channel of three, and its training adds no quantisation noise. The last three
are not in the weights: `SRFlow.log_prob` is the density, in nats.
"""

from collections.abc import Sequence

import torch
from torch import nn

from gmcourse import expect
from gmcourse.converters.state import State, Weights, opened
from gmcourse.flows import ActNorm, ActNormConv, AffineCoupling, AffineInjector, Multiscale, PlainConv1x1
from gmcourse.models.srflow import Regression, SRFlow
from gmcourse.models.srflow.steps import ConditionalNet
from gmcourse.nn.conv import ZeroConv2d
from gmcourse.nn.rrdb import RRDBEncoder

FLOW = "flowUpsamplerNet.layers"
TRUNK = "RRDB.RRDB_trunk"


def _load_encoder(ours: RRDBEncoder, weights: Weights) -> None:
    weights.fill(ours.first, "RRDB.conv_first")
    weights.fill(ours.after, "RRDB.trunk_conv")
    for path, conv in ours.trunk.named_modules():
        if isinstance(conv, nn.Conv2d):
            block, _, dense, _, number = path.split(".")  # ours: block.blocks.dense.convs.number
            weights.fill(conv, f"{TRUNK}.{block}.RDB{int(dense) + 1}.conv{int(number) + 1}")
    for number, up in enumerate(ours.ups, start=1):
        weights.fill(up, f"RRDB.upconv{number}")


def _load_actnorm(ours: ActNorm, weights: Weights, name: str) -> None:
    for parameter, part in ((ours.bias, "bias"), (ours.log_scale, "logs")):
        parameter.copy_(weights.take(f"{name}.{part}", 1, len(parameter), 1, 1).flatten())
    ours.initialised.fill_(True)


def _load_zero_conv(ours: nn.Module, weights: Weights, name: str) -> None:
    """Theirs gives shift, scale, shift, scale, …; ours all scales, then all shifts."""
    assert isinstance(ours, ZeroConv2d)
    n = len(ours.bias)
    order = torch.cat([torch.arange(1, n, 2), torch.arange(0, n, 2)])
    ours.weight.copy_(weights.take(f"{name}.weight", *ours.weight.shape)[order])
    ours.bias.copy_(weights.take(f"{name}.bias", n)[order])
    ours.log_scale.copy_(weights.take(f"{name}.logs", n, 1, 1).flatten()[order])


def _load_network(ours: nn.Module, weights: Weights, name: str) -> None:
    """Load the network of an injector (context alone) or of a coupling (part, then context)."""
    assert isinstance(ours, ConditionalNet)
    convs = [conv.weight for conv in (ours.of_part, ours.of_context) if conv is not None]
    width, *_, height, breadth = convs[-1].shape
    sizes = [weight.shape[1] for weight in convs]
    first = weights.take(f"{name}.0.weight", width, sum(sizes), height, breadth)
    for weight, theirs in zip(convs, first.split(sizes, dim=1), strict=True):
        weight.copy_(theirs)
    weights.fill(ours.second, f"{name}.2")
    _load_actnorm(ours.norm1, weights, f"{name}.0.actnorm")
    _load_actnorm(ours.norm2, weights, f"{name}.2.actnorm")
    _load_zero_conv(ours.last, weights, f"{name}.4")


def _load_level(level: Multiscale, weights: Weights, index: int) -> int:
    """One level, whose squeeze has the number `index` and no weights; the number of the next one's."""
    for member in level.steps.members:  # type: ignore[union-attr]
        if isinstance(member, ActNormConv):  # a transition, or the beginning of a step
            index += 1
            assert isinstance(member.conv, PlainConv1x1)
            _load_actnorm(member.actnorm, weights, f"{FLOW}.{index}.actnorm")
            weights.copy(member.conv.weight, f"{FLOW}.{index}.invconv.weight")
        else:
            assert isinstance(member, AffineInjector | AffineCoupling)
            part = "fFeatures" if isinstance(member, AffineInjector) else "fAffine"
            _load_network(member.network, weights, f"{FLOW}.{index}.affine.{part}")
    if isinstance(level.split, AffineCoupling):
        index += 1
        split = level.split.network
        assert isinstance(split, ZeroConv2d)
        _load_zero_conv(split, weights, f"{FLOW}.{index}.conv")
        # mean and log σ of the half that stays are a coupling's raw scale −log σ and shift −mean
        split.weight.neg_()
        split.bias.neg_()
    return index + 1


def _levels(weights: Weights) -> list[list[str]]:
    """What the layers are, level by level; a squeeze takes a number, has no weights, and begins a level."""
    found: dict[int, str] = {}
    for match in weights.names(rf"{FLOW}\.(\d+)\.(conv\.|affine\.)?"):
        kind = {"conv.": "split", "affine.": "step"}.get(match[2], "transition")
        if found.get(int(match[1]), "transition") == "transition":
            found[int(match[1])] = kind
    levels: list[list[str]] = []
    previous = -1
    for index, kind in sorted(found.items()):
        if index > previous + 1:
            levels.append([])
        if levels:
            levels[-1].append(kind)
        previous = index
    return levels


def _encoder_sizes(weights: Weights) -> dict[str, int]:
    return {
        "scale": 2 ** weights.count("RRDB.upconv", first=1),
        "channels": weights.shape("RRDB.conv_first.weight", 4)[0],
        "growth": weights.shape(f"{TRUNK}.0.RDB1.conv1.weight", 4)[0],
        "n_blocks": weights.count(f"{TRUNK}."),
    }


@expect.door(state="empty", stacked="empty >= 0")
@torch.no_grad()
def srflow_from_official(state: State, stacked: Sequence[int] = (1, 8, 15, 22)) -> SRFlow:
    """Build a model with the weights of a checkpoint of the authors.

    The encoder's last enlargement and two convolutions, and `flowUpsamplerNet.f`, are in the file and not in
    the density: they stay unused. A state dict does not say `stacked`, the trunk's blocks that every level sees.
    """
    weights = opened(state, "a published SRFlow")
    sizes = _encoder_sizes(weights)
    levels = _levels(weights)
    if not levels or "step" not in levels[0]:
        weights.lacks(f"{FLOW}.….affine.fAffine.0.weight")
    step = f"{FLOW}.{1 + levels[0].index('step')}.affine.fAffine.0.weight"
    model = weights.build(
        SRFlow,
        **sizes,
        n_levels=len(levels),
        n_steps=levels[0].count("step"),
        n_transitions=levels[0].count("transition"),
        n_splits=sum("split" in level for level in levels),
        stacked=list(stacked),
        hidden_channels=weights.shape(step, 4)[0],
        coupling_scale="sigmoid_floor",
        long_skip=False,
    )
    _load_encoder(model.encoder, weights)
    index = 0
    for level in (m for m in model.flow.modules() if isinstance(m, Multiscale)):
        index = _load_level(level, weights, index)
    unused = f"RRDB.upconv{model.scale.bit_length() - 1}."
    weights.drop("RRDB.HRconv.", "RRDB.conv_last.", unused, "flowUpsamplerNet.f.")
    weights.finish()
    return model


@expect.door(state="empty")
@torch.no_grad()
def regression_from_official(state: State) -> Regression:
    """The regression network whose trunk a checkpoint's encoder is; it keeps the head, and the flow is unused."""
    weights = opened(state, "a published SRFlow")
    model = weights.build(Regression, **_encoder_sizes(weights), long_skip=False)
    _load_encoder(model.encoder, weights)
    weights.fill(model.up, f"RRDB.upconv{model.scale.bit_length() - 1}")
    weights.fill(model.full, "RRDB.HRconv")
    weights.fill(model.last, "RRDB.conv_last")
    weights.drop("flowUpsamplerNet.")
    weights.finish()
    return model
