"""Weights of the Glow of rosinality/glow-pytorch (MIT licence), read into ours.

Facts about that code that matter here: its actnorm is scale · (x + loc) with a linear scale of either sign; its
last convolutions pad with ones; its couplings' networks give raw scales first, then shifts; an additive
coupling gives shifts alone; its last block always has the LU form of the 1×1 convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from gmcourse.flows import ActNormConv, ConstantAffine, Multiscale, PlainConv1x1
from gmcourse.flows.coupling import Coupling
from gmcourse.models.glow import Glow
from gmcourse.nn.conv import CouplingNet, ZeroConv2d


def _mixing_matrix(state: Mapping[str, Tensor], prefix: str) -> Tensor:
    """W of a 1×1 convolution, plain or in LU form."""
    if f"{prefix}.weight" in state:
        return state[f"{prefix}.weight"][:, :, 0, 0]
    part = {
        name: state[f"{prefix}.{name}"] for name in ("w_p", "w_l", "w_s", "w_u", "s_sign", "u_mask", "l_mask")
    }
    eye = torch.eye(len(part["w_s"]), dtype=part["w_l"].dtype)
    upper = part["w_u"] * part["u_mask"] + torch.diag(part["s_sign"] * part["w_s"].exp())
    return part["w_p"] @ (part["w_l"] * part["l_mask"] + eye) @ upper


def _load_zero_conv(ours: ZeroConv2d, state: Mapping[str, Tensor], prefix: str) -> None:
    """Padding with ones is padding with zeros plus a channel that marks the outside, of weight Σ_in w."""
    weight = state[f"{prefix}.conv.weight"]
    assert ours.edge is not None
    ours.weight.copy_(weight)
    ours.bias.copy_(state[f"{prefix}.conv.bias"])
    ours.log_scale.copy_(state[f"{prefix}.scale"].flatten())
    ours.edge.copy_(weight.sum(1, keepdim=True))


def _load_step(mixer: ActNormConv, coupling: Coupling, state: Mapping[str, Tensor], prefix: str) -> None:
    scale = state[f"{prefix}.actnorm.scale"].flatten()
    mixer.actnorm.bias.copy_(state[f"{prefix}.actnorm.loc"].flatten())
    mixer.actnorm.log_scale.copy_(scale.abs().log())
    mixer.actnorm.initialised.fill_(True)
    # the sign of a negative scale moves into the matrix that follows it
    assert isinstance(mixer.conv, PlainConv1x1)
    mixer.conv.weight.copy_(_mixing_matrix(state, f"{prefix}.invconv") * scale.sign())
    network = coupling.network
    assert isinstance(network, CouplingNet)
    for ours, theirs in ((network.first, "0"), (network.second, "2")):
        ours.weight.copy_(state[f"{prefix}.coupling.net.{theirs}.weight"])
        assert ours.bias is not None
        ours.bias.copy_(state[f"{prefix}.coupling.net.{theirs}.bias"])
    _load_zero_conv(network.last, state, f"{prefix}.coupling.net.4")


def _load_split_prior(ours: ZeroConv2d, state: Mapping[str, Tensor], prefix: str) -> None:
    """Mean and log σ of the half that stays, as a coupling's raw scale −log σ and shift −mean."""
    _load_zero_conv(ours, state, prefix)
    gain = (3 * ours.log_scale).exp()
    half = len(gain) // 2
    swapped = torch.cat([torch.arange(half, 2 * half), torch.arange(half)])
    for parameter in (ours.weight, ours.bias, ours.edge):
        assert parameter is not None
        parameter.copy_(-parameter[swapped])
    ours.log_scale.copy_(ours.log_scale[swapped])


@torch.no_grad()
def glow_from_rosinality(state: Mapping[str, Tensor], shape: Sequence[int]) -> Glow:
    """A model with the weights of a rosinality/glow-pytorch checkpoint.

    Args:
        state: its state dict, name → tensor.
        shape: (C, H, W) of the images; a state dict does not say.

    Returns:
        A `Glow` in the dtype of the weights. It takes pixels in [0, 1); theirs takes pixels − ½, and so does
        the rest of ours behind its first layer. log_prob agrees; the latents of the halves that are split off
        are theirs standardised by their learned prior (their "eps").

    Raises:
        ValueError: the state dict is of another model.
    """
    blocks = 1 + max((int(key.split(".")[1]) for key in state if key.startswith("blocks.")), default=-1)
    if blocks == 0:
        raise ValueError(f"no key begins with 'blocks.'; got {sorted(state)[:3]} …: not a rosinality Glow")
    steps = 1 + max(int(key.split(".")[3]) for key in state if key.startswith("blocks.0.flows."))
    first = state["blocks.0.flows.0.coupling.net.0.weight"]
    changed = state["blocks.0.flows.0.coupling.net.4.conv.bias"]
    model = Glow(
        shape,
        n_levels=blocks,
        n_steps=steps,
        hidden_channels=first.shape[0],
        affine=len(changed) == 2 * first.shape[1],
        mixing="plain",
        edge=True,
    ).to(first.dtype)
    levels = [module for module in model.modules() if isinstance(module, Multiscale)]
    for b, level in enumerate(levels):
        mixers = [m for m in level.steps.modules() if isinstance(m, ActNormConv)]
        couplings = [m for m in level.steps.modules() if isinstance(m, Coupling)]
        for i, (mixer, coupling) in enumerate(zip(mixers, couplings, strict=True)):
            _load_step(mixer, coupling, state, f"blocks.{b}.flows.{i}")
        if level.split is not None:
            network: nn.Module = level.split.network  # type: ignore[assignment]
            assert isinstance(network, ZeroConv2d)
            _load_split_prior(network, state, f"blocks.{b}.prior")
        else:
            prior = next(m for m in level.steps.modules() if isinstance(m, ConstantAffine))
            assert isinstance(prior.network, ZeroConv2d)
            _load_zero_conv(prior.network, state, f"blocks.{b}.prior")
    return model
