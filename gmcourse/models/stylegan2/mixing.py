"""Style mixing: coarse layers take their style from one picture, fine layers from another."""

import torch
from torch import Tensor

from gmcourse.expect.door import door


@door(ws="B L w_dim; unseen", other="B L w_dim; unseen", crossover=">= 0 <= L")
def mix(ws: Tensor, other: Tensor, crossover: int) -> Tensor:
    """Join the first `crossover` styles of `ws` and the rest of `other`: (B, L, w_dim).

    StyleGAN (arXiv:1812.04948), section 3.1. Styles 0–1 belong to 4×4, 1–3 to 8×8, 3–5 to 16×16, and so on.

    A crossover of L takes everything from `ws`.
    """
    return torch.cat([ws[:, :crossover], other[:, crossover:]], 1)


@door(ws="B L w_dim; unseen", other="B L w_dim; unseen", probability=">= 0 <= 1")
def mix_at_random(ws: Tensor, other: Tensor, probability: float) -> Tensor:
    """Apply `mix` with a probability, at a crossover drawn from 1 … L − 1. One draw for the batch.

    Training does this so that neighbouring layers do not rely on sharing a style. The draws come from torch's
    global generator, which `gmcourse.training.fit` seeds for each step.
    """
    if float(torch.rand(())) >= probability:
        return ws
    return mix(ws, other, int(torch.randint(1, ws.shape[1], ())))
