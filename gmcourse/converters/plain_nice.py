"""Weights of a NICE kept as plain layers, read into ours.

NICE was published without weights; people write the model anew, and what they keep is this: for each coupling
the linear layers of m, and one vector of log-scales. So the names here are the plainest there are:
`coupling{i}.layer{j}.weight` and `.bias`, counted from zero, and `log_scale`. Couplings 0, 2, … change
dimensions 1, 3, …; couplings 1, 3, … change dimensions 0, 2, …; a rectifier follows each layer but the last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gmcourse.flows.coupling import Coupling
from gmcourse.models.nice import NICE


def _layers(state: Mapping[str, Tensor]) -> list[list[str]]:
    """The prefixes of the linear layers, by coupling.

    Raises:
        ValueError: the names are others, or some are missing.
    """
    found = sorted(
        (int(match[1]), int(match[2]))
        for match in (re.fullmatch(r"coupling(\d+)\.layer(\d+)\.weight", key) for key in state)
        if match
    )
    if not found or "log_scale" not in state:
        raise ValueError(
            f"got keys {sorted(state)[:3]} …; expected log_scale, coupling0.layer0.weight, coupling0.layer0.bias, …"
        )
    n_layers = 1 + max(j for _, j in found)
    couplings = 1 + max(i for i, _ in found)
    names = [[f"coupling{i}.layer{j}" for j in range(n_layers)] for i in range(couplings)]
    missing = [
        f"{name}.{part}"
        for each in names
        for name in each
        for part in ("weight", "bias")
        if f"{name}.{part}" not in state
    ]
    if missing:
        raise ValueError(
            f"the state dict lacks {', '.join(missing[:4])}; every coupling needs all its layers"
        )
    return names


@torch.no_grad()
def nice_from_layers(state: Mapping[str, Tensor], prior: str = "logistic") -> NICE:
    """A model with these weights, in their dtype.

    Args:
        state: name → tensor, named as above.
        prior: "logistic" or "normal"; a state dict does not say.

    Returns:
        A `NICE` of as many dimensions as there are log-scales. All its couplings have the same hidden widths.

    Raises:
        ValueError: other names, missing layers, or sizes that do not fit each other.
    """
    names = _layers(state)
    hidden = [len(state[f"{name}.bias"]) for name in names[0][:-1]]
    model = NICE(len(state["log_scale"]), couplings=len(names), hidden=hidden, prior=prior)
    model = model.to(state["log_scale"].dtype)
    for prefixes, coupling in zip(names, model.couplings, strict=True):
        assert isinstance(coupling, Coupling)
        linears = [m for m in coupling.network.modules() if isinstance(m, nn.Linear)]
        for prefix, linear in zip(prefixes, linears, strict=True):
            for part, ours in (("weight", linear.weight), ("bias", linear.bias)):
                theirs = state[f"{prefix}.{part}"]
                if theirs.shape != ours.shape:
                    raise ValueError(
                        f"{prefix}.{part} has shape {tuple(theirs.shape)}; expected {tuple(ours.shape)}"
                        f" for {len(state['log_scale'])} dimensions and hidden widths {hidden}"
                    )
                ours.copy_(theirs)
    model.scale.log_scale.copy_(state["log_scale"])
    return model
