"""Bias: a density finds who is rare in the data, and weights by its inverse bring them back."""

import math

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import door


@door(log_prob="N", power=">= 0", largest=">= 1")
def inverse_density_weights(log_prob: Tensor, *, power: float = 1.0, largest: float = 20.0) -> Tensor:
    """Compute w ∝ p(x)^−power, with the mean 1, none of them above `largest` before that.

    power = 1 makes the weighted data uniform over where it lies, as far as the density is right; smaller
    powers go part of the way. A few outliers would take all the weight: hence the limit.

    Args:
        log_prob: log p(x) of the data in nats, (N,).
        largest: the ratio of any weight to the median one is cut to this.

    Returns:
        Weights (N,).
    """
    weights = (power * (log_prob.median() - log_prob)).clamp_max(math.log(largest)).exp()
    return weights / weights.mean()


@door(weights="N; >= 0")
def effective_sample_size(weights: Tensor) -> float:
    """Compute (Σ w)² / Σ w²: how many equally weighted examples tell as much (Kish 1965)."""
    expect.number("the sum of weights", float(weights.sum()), above=0)
    return float(weights.sum().square() / weights.square().sum())


@door(weights="N; >= 0", n=">= 1")
def resample(weights: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw n indices with replacement, in proportion to the weights, (n,).

    Repeats add no new face: they change what a model attends to, not what is known.
    """
    expect.number("the sum of weights", float(weights.sum()), above=0)
    on = generator.device if generator is not None else weights.device
    return torch.multinomial(weights.to(on), n, replacement=True, generator=generator).to(weights.device)


@door(predicted="N; integer", labels="N; integer", groups="N; integer")
def accuracy_by_group(predicted: Tensor, labels: Tensor, groups: Tensor) -> dict[int, tuple[float, int]]:
    """For each group its accuracy and its count: an accuracy without the count says little."""
    right = (predicted == labels).double()
    return {
        int(g): (float(right[groups == g].mean()), int((groups == g).sum()))
        for g in groups.unique(sorted=True)
    }
