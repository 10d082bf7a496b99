"""Penalties on the discriminator's slope: what keeps the game from running away."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import door

Discriminator = Callable[[Tensor], Tensor]


def one_logit_each(logits: Tensor, samples: int) -> Tensor:
    """Return the logits; refuse them unless they are one a sample."""
    name = "what the discriminator gave as logits"
    if tuple(expect.tensor(name, logits, finite=False).shape) not in ((samples,), (samples, 1)):
        expect.refuse(name, f"{tuple(logits.shape)} for {samples} samples", "(B,) or (B, 1)")
    return logits


@door(x="B …; unseen")
def input_gradients(discriminator: Discriminator, x: Tensor) -> Tensor:
    """Differentiate the discriminator's logit of each sample by that sample: the shape of x, differentiable again.

    The discriminator gives one logit a sample, (B,) or (B, 1).
    """
    x = x.detach().requires_grad_(True)
    logits = one_logit_each(discriminator(x), len(x))
    # the sum's gradient holds every sample's own: no logit depends on another sample (but for
    # minibatch statistics, where the authors' code takes the sum too)
    return torch.autograd.grad(logits.sum(), x, create_graph=True)[0]


@door(real="B …; unseen", gamma=">= 0")
def r1_penalty(discriminator: Discriminator, real: Tensor, gamma: float = 10.0) -> Tensor:
    """Compute γ/2 · E‖∇_x D(x)‖² on data only.

    Mescheder et al. 2018 (arXiv:1801.04406), eq. 9. It takes away the slope that would push samples off the
    data once they have arrived there. Squares are summed over a sample's dimensions, and averaged over the batch.
    """
    return gamma / 2 * input_gradients(discriminator, real).flatten(1).square().sum(1).mean()


@door(real="B …; unseen", fake="B …; unseen", weight=">= 0", between="B; unseen")
def gradient_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    weight: float = 10.0,
    *,
    between: Tensor | None = None,
) -> Tensor:
    """Compute λ · E(‖∇D(x̂)‖ − 1)², x̂ at a random place on the line from a sample to a data point.

    Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3. One-Lipschitz is what the Wasserstein loss needs.

    Args:
        discriminator: gives logits; it must treat samples apart (no batch normalisation).
        real: data, (B, …).
        fake: samples of the same shape.
        weight: λ.
        between: the place on the line, (B,) in [0, 1], 1 being the data; by default drawn.
    """
    at = torch.rand(len(real), device=real.device, dtype=real.dtype) if between is None else between
    at = at.reshape(-1, *[1] * (real.ndim - 1))
    slopes = input_gradients(discriminator, torch.lerp(fake.detach(), real, at))
    return weight * (torch.linalg.vector_norm(slopes.flatten(1), dim=1) - 1).square().mean()
