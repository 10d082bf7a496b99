"""Weights of the Glow of rosinality/glow-pytorch (MIT licence), read into ours.

Facts about that code that matter here: its actnorm is scale · (x + loc) with a linear scale of either sign; its
last convolutions pad with ones; its couplings' networks give raw scales first, then shifts; an additive
coupling gives shifts alone; its last block always has the LU form of the 1×1 convolution.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.converters.state import State, Weights, opened
from gmcourse.flows import ActNormConv, ConstantAffine, Multiscale, PlainConv1x1
from gmcourse.flows.coupling import Coupling
from gmcourse.models.glow import Glow
from gmcourse.nn.conv import CouplingNet, ZeroConv2d


def _mixing_matrix(weights: Weights, prefix: str, c: int) -> Tensor:
    """Read W of a 1×1 convolution, plain or in LU form."""
    if f"{prefix}.weight" in weights:
        return weights.take(f"{prefix}.weight", c, c, 1, 1)[:, :, 0, 0]
    squares = ("w_p", "w_l", "l_mask", "l_eye", "w_u", "u_mask")
    w_p, w_l, l_mask, l_eye, w_u, u_mask = (weights.take(f"{prefix}.{part}", c, c) for part in squares)
    w_s, s_sign = (weights.take(f"{prefix}.{part}", c) for part in ("w_s", "s_sign"))
    return w_p @ (w_l * l_mask + l_eye) @ (w_u * u_mask + torch.diag(s_sign * w_s.exp()))


def _load_zero_conv(ours: ZeroConv2d, weights: Weights, prefix: str) -> None:
    """Padding with ones is padding with zeros plus a channel that marks the outside, of weight Σ_in w."""
    assert ours.edge is not None
    weights.copy(ours.weight, f"{prefix}.conv.weight")
    weights.copy(ours.bias, f"{prefix}.conv.bias")
    ours.log_scale.copy_(weights.take(f"{prefix}.scale", 1, len(ours.bias), 1, 1).flatten())
    ours.edge.copy_(ours.weight.sum(1, keepdim=True))


def _load_step(mixer: ActNormConv, coupling: Coupling, weights: Weights, prefix: str) -> None:
    c = len(mixer.actnorm.bias)
    scale = weights.take(f"{prefix}.actnorm.scale", 1, c, 1, 1).flatten()
    if not scale.all():
        weights.complain(f"{prefix}.actnorm.scale has zeros, so that the step has no inverse")
    mixer.actnorm.bias.copy_(weights.take(f"{prefix}.actnorm.loc", 1, c, 1, 1).flatten())
    mixer.actnorm.log_scale.copy_(scale.abs().log())
    mixer.actnorm.initialised.fill_(weights.flag(f"{prefix}.actnorm.initialized"))
    # the sign of a negative scale moves into the matrix that follows it
    assert isinstance(mixer.conv, PlainConv1x1)
    mixer.conv.weight.copy_(_mixing_matrix(weights, f"{prefix}.invconv", c) * scale.sign())
    network = coupling.network
    assert isinstance(network, CouplingNet)
    weights.fill(network.first, f"{prefix}.coupling.net.0")
    weights.fill(network.second, f"{prefix}.coupling.net.2")
    _load_zero_conv(network.last, weights, f"{prefix}.coupling.net.4")


def _load_split_prior(ours: ZeroConv2d, weights: Weights, prefix: str) -> None:
    """Mean and log σ of the half that stays, as a coupling's raw scale −log σ and shift −mean."""
    _load_zero_conv(ours, weights, prefix)
    swapped = torch.arange(len(ours.bias)).roll(len(ours.bias) // 2)
    for parameter in (ours.weight, ours.bias, ours.edge):
        assert parameter is not None
        parameter.copy_(-parameter[swapped])
    ours.log_scale.copy_(ours.log_scale[swapped])


@expect.door(state="empty", shape="3: >= 1")
@torch.no_grad()
def glow_from_rosinality(state: State, shape: Sequence[int] = (3, 64, 64)) -> Glow:
    """Build a model with the weights of a rosinality/glow-pytorch checkpoint, in their dtype.

    A state dict does not say the images' shape (C, H, W). Ours takes pixels in [0, 1); theirs takes pixels − ½,
    and so does the rest of ours behind its first layer. log_prob agrees; the latents of the halves that are
    split off are theirs standardised by their learned prior (their "eps").
    """
    weights = opened(state, f"a rosinality Glow of images {tuple(shape)}")
    levels, steps = weights.count("blocks."), weights.count("blocks.0.flows.")
    hidden, conditions, _, _ = weights.shape("blocks.0.flows.0.coupling.net.0.weight", 4)
    (changed,) = weights.shape("blocks.0.flows.0.coupling.net.4.conv.bias", 1)
    model = weights.build(
        Glow,
        shape=list(shape),
        n_levels=levels,
        n_steps=steps,
        hidden_channels=hidden,
        affine=changed == 2 * conditions,
        mixing="plain",
        edge=True,
    )
    for b, level in enumerate(m for m in model.modules() if isinstance(m, Multiscale)):
        mixers = [m for m in level.steps.modules() if isinstance(m, ActNormConv)]
        couplings = [m for m in level.steps.modules() if isinstance(m, Coupling)]
        for i, (mixer, coupling) in enumerate(zip(mixers, couplings, strict=True)):
            _load_step(mixer, coupling, weights, f"blocks.{b}.flows.{i}")
        if isinstance(level.split, Coupling):
            assert isinstance(level.split.network, ZeroConv2d)
            _load_split_prior(level.split.network, weights, f"blocks.{b}.prior")
        else:
            prior = next(m for m in level.steps.modules() if isinstance(m, ConstantAffine))
            assert isinstance(prior.network, ZeroConv2d)
            _load_zero_conv(prior.network, weights, f"blocks.{b}.prior")
    weights.finish()
    return model
