"""Projection: which w gives a picture nearest to a given one?"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.models.stylegan2.generator import Generator
from gmcourse.models.stylegan2.mapping import normalize_second_moment
from gmcourse.reproducible import generator as seeded

HIGHEST = 0.1  # learning rate
EXPLORATION = 0.5  # standard deviation of the first noise on w, relative to that of w itself


@dataclass(frozen=True)
class Projection:
    """The styles that `project` found, and how near they come.

    `ws` is (B, L, w_dim), for `Synthesis`; `distances` is (steps, B), that at each step.
    """

    ws: Tensor
    distances: Tensor


def _rate(at: float, steps: int) -> float:
    """Schedule the learning rate: up in the first twentieth of the way, down along a cosine in the last quarter."""
    ramp = min(1.0, (1 - at) / 0.25)
    return HIGHEST * min(1.0, (at + 1 / steps) / 0.05) * (0.5 - 0.5 * math.cos(ramp * math.pi))


@expect.door(steps=">= 1")
def project(network: Generator, target: Tensor, *, steps: int = 300, each_layer: bool = False) -> Projection:
    """Search W for the styles whose picture is nearest to a given one, by gradient descent from the mean w.

    Karras et al. 2020 (arXiv:1912.04958), section 5 and appendix D: noise on w that fades out lets the search leave a
    bad valley; the rate rises, stays, and falls as a cosine. Differs: the network's noise inputs are switched off,
    where the authors optimise them as well, and the distance is the mean squared difference. The target is pictures
    (B, C, R, R) in the generator's range, [−1, 1]; `each_layer` looks for one w for every style (often called W+).
    """
    synthesis = network.synthesis
    expect.tensor("target", target, expect.batch_of(synthesis.image_shape))
    draws = seeded(0)
    device, count = target.device, synthesis.n_styles if each_layer else 1
    mean = network.mapping.w_mean
    with torch.no_grad():
        z = torch.randn(1000, network.mapping.z_dim, generator=draws).to(mean)
        # the layers alone: called in training mode, the network would move its average of w
        spread = (network.mapping.layers(normalize_second_moment(z)) - mean).square().mean().sqrt()
    w = mean.expand(len(target), count, -1).clone().requires_grad_()
    optimizer = torch.optim.Adam([w], lr=HIGHEST, betas=(0.9, 0.999))
    best = torch.full((len(target),), math.inf, device=device, dtype=mean.dtype)
    kept, found = w.detach().clone(), []
    for step in range(steps):
        at = step / steps
        optimizer.param_groups[0]["lr"] = _rate(at, steps)
        fading = max(0.0, 1 - at / 0.75) ** 2
        noise = torch.randn(w.shape, generator=draws).to(mean) * spread * EXPLORATION * fading
        ws = (w + noise).expand(-1, synthesis.n_styles, -1)
        values = (synthesis(ws, "none") - target).square().flatten(1).mean(1)
        optimizer.zero_grad(set_to_none=True)
        values.sum().backward(inputs=[w])
        with torch.no_grad():
            better = values < best
            best = torch.where(better, values, best)
            kept = torch.where(better[:, None, None], w + noise, kept)
        found.append(values.detach())
        optimizer.step()
    return Projection(kept.expand(-1, synthesis.n_styles, -1).contiguous(), torch.stack(found))
