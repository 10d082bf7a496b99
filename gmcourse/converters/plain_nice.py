"""Weights of a NICE kept as plain layers, read into ours.

NICE was published without weights; people write the model anew, and what they keep is this: for each coupling
the linear layers of m, and one vector of log-scales. So the names here are the plainest there are:
`coupling{i}.layer{j}.weight` and `.bias`, counted from zero, and `log_scale`. Couplings 0, 2, … change
dimensions 1, 3, …; couplings 1, 3, … change dimensions 0, 2, …; a rectifier follows each layer but the last.
"""

import torch
from torch import nn

from gmcourse import expect
from gmcourse.converters.state import State, opened
from gmcourse.models.nice import NICE


@expect.door(state="empty", prior="logistic|normal")
@torch.no_grad()
def nice_from_layers(state: State, prior: str = "logistic") -> NICE:
    """Build a model with these weights, in their dtype; a state dict does not say the prior."""
    weights = opened(state, "a NICE of log_scale, coupling0.layer0.weight, coupling0.layer0.bias, …")
    couplings, layers = weights.count("coupling"), weights.count("coupling0.layer")
    (dim,) = weights.shape("log_scale", 1)
    hidden = [weights.shape(f"coupling0.layer{j}.bias", 1)[0] for j in range(layers - 1)]
    model = weights.build(NICE, dim=dim, couplings=couplings, hidden=hidden, prior=prior)
    for i, coupling in enumerate(model.couplings):
        linears = (m for m in coupling.modules() if isinstance(m, nn.Linear))
        for j, linear in enumerate(linears):
            weights.fill(linear, f"coupling{i}.layer{j}")
    weights.copy(model.scale.log_scale, "log_scale")
    weights.finish()
    return model
