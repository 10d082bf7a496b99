"""Penalties on the discriminator's slope: what keeps the game from running away."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect

Discriminator = Callable[[Tensor], Tensor]


def one_logit_each(logits: Tensor, samples: int) -> Tensor:
    """The logits, unless they are not one a sample.

    Raises:
        ValueError: they are not.
    """
    if tuple(expect.tensor("logits", logits, finite=False).shape) not in ((samples,), (samples, 1)):
        raise ValueError(f"logits {tuple(logits.shape)} for {samples} samples; expected (B,) or (B, 1)")
    return logits


def input_gradients(discriminator: Discriminator, x: Tensor) -> Tensor:
    """∇_x of the discriminator's logit for each sample, the shape of x, itself differentiable.

    Args:
        discriminator: (B, …) → one logit a sample, (B,) or (B, 1).
        x: (B, …).

    Raises:
        ValueError: not one logit a sample.
    """
    x = expect.tensor("x", x, finite=False).detach().requires_grad_(True)
    logits = one_logit_each(discriminator(x), len(x))
    # the sum's gradient holds every sample's own: no logit depends on another sample (but for
    # minibatch statistics, where the authors' code takes the sum too)
    return torch.autograd.grad(logits.sum(), x, create_graph=True)[0]


def r1_penalty(discriminator: Discriminator, real: Tensor, gamma: float = 10.0) -> Tensor:
    """γ/2 · E‖∇_x D(x)‖² on data only.

    Mescheder et al. 2018 (arXiv:1801.04406), eq. 9. It takes away the slope that would push samples off the
    data once they have arrived there.

    Args:
        discriminator: gives logits.
        real: data, (B, …).
        gamma: γ ≥ 0.

    Returns:
        A scalar: squares summed over a sample's dimensions, mean over the batch.

    Raises:
        ValueError: γ below zero or not finite.
    """
    expect.number("gamma", gamma, least=0)
    return gamma / 2 * input_gradients(discriminator, real).flatten(1).square().sum(1).mean()


def gradient_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    weight: float = 10.0,
    *,
    between: Tensor | None = None,
) -> Tensor:
    """λ · E(‖∇D(x̂)‖ − 1)², x̂ at a random place on the line from a sample to a data point.

    Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3. One-Lipschitz is what the Wasserstein loss needs.

    Args:
        discriminator: gives logits; it must treat samples apart (no batch normalisation).
        real: data, (B, …).
        fake: samples, the same shape.
        weight: λ.
        between: place on the line, (B,) in [0, 1], 1 being the data; by default drawn.

    Raises:
        ValueError: shapes differ, a `between` that is not one number a sample, or a λ below 0.
    """
    expect.tensor("real", real, finite=False)
    expect.same_shape(real=real, fake=expect.tensor("fake", fake, finite=False))
    expect.number("weight", weight, least=0)
    at = torch.rand(len(real), device=real.device, dtype=real.dtype) if between is None else between
    expect.tensor("between", at, str(len(real)), finite=False)
    at = at.reshape(-1, *[1] * (real.ndim - 1))
    slopes = input_gradients(discriminator, torch.lerp(fake.detach(), real, at))
    return weight * (torch.linalg.vector_norm(slopes.flatten(1), dim=1) - 1).square().mean()
