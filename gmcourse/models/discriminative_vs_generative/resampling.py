"""Bias: a density finds who is rare in the data, and weights by its inverse bring them back."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def inverse_density_weights(log_prob: Tensor, *, power: float = 1.0, largest: float = 20.0) -> Tensor:
    """w ∝ p(x)^−power, with the mean 1, none of them above `largest` before that.

    power = 1 makes the weighted data uniform over where it lies, as far as the density is right; smaller
    powers go part of the way. A few outliers would take all the weight: hence the limit.

    Args:
        log_prob: log p(x) of the data in nats, (N,).
        power: at least 0.
        largest: the ratio of any weight to the median one is cut to this.

    Returns:
        Weights (N,).

    Raises:
        ValueError: another shape, values that are not finite, a negative power, a limit below 1.
    """
    if log_prob.ndim != 1 or len(log_prob) == 0 or not torch.isfinite(log_prob).all():
        raise ValueError(f"got shape {tuple(log_prob.shape)}; expected finite log-densities (N,), N ≥ 1")
    if power < 0 or largest < 1:
        raise ValueError(f"power is {power}, largest {largest}; expected power ≥ 0 and largest ≥ 1")
    weights = (power * (log_prob.median() - log_prob)).clamp_max(math.log(largest)).exp()
    return weights / weights.mean()


def _check_weights(weights: Tensor) -> None:
    if weights.ndim != 1 or bool((weights < 0).any()) or not bool(weights.sum() > 0):
        raise ValueError(f"weights of shape {tuple(weights.shape)}; expected (N,), ≥ 0, not all 0")


def effective_sample_size(weights: Tensor) -> float:
    """(Σ w)² / Σ w²: how many equally weighted examples tell as much (Kish 1965).

    Raises:
        ValueError: another shape, or weights below zero.
    """
    _check_weights(weights)
    return float(weights.sum().square() / weights.square().sum())


def resample(weights: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
    """n indices, drawn with replacement in proportion to the weights, (n,).

    Repeats add no new face: they change what a model attends to, not what is known.

    Raises:
        ValueError: n below 1, or weights that do not fit.
    """
    _check_weights(weights)
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1")
    on = generator.device if generator is not None else weights.device
    return torch.multinomial(weights.to(on), n, replacement=True, generator=generator).to(weights.device)


def accuracy_by_group(predicted: Tensor, labels: Tensor, groups: Tensor) -> dict[int, tuple[float, int]]:
    """For each group its accuracy and its count: an accuracy without the count says little.

    Args:
        predicted: classes (N,).
        labels: true classes (N,).
        groups: (N,) int64.

    Raises:
        ValueError: shapes differ.
    """
    if not predicted.shape == labels.shape == groups.shape or predicted.ndim != 1:
        shapes = [tuple(t.shape) for t in (predicted, labels, groups)]
        raise ValueError(f"shapes {shapes}; expected three equal (N,)")
    right = (predicted == labels).double()
    return {
        int(g): (float(right[groups == g].mean()), int((groups == g).sum()))
        for g in groups.unique(sorted=True)
    }
