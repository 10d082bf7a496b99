"""Super-resolution without a network: bicubic enlargement, linear regression, and one normal around the latter.

The recipes measure them, as they measure their networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse.data.low_resolution import upsample
from gmcourse.densities import LowRankNormal, Normal
from gmcourse.reproducible import generator
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes.running import Recipe
from gmcourse_recipes.running.super_resolution import Task
from tools.zoo.fits import FULL, full_normal, least_variance
from tools.zoo.tasks import linear
from tools.zoo.tasks.timing import timed

WHITE, LEVELS = 255, 256
CPU = torch.device("cpu")
RANK = 400  # of the covariance, where a full one has too many numbers


def dequantised(pixels: Tensor, noise: Tensor) -> Tensor:
    """Spread whole numbers out to where they meet, (N, D), around their places in [0, 1]; the noise is in [0, 1)."""
    return pixels.add(noise).sub_(0.5).div_(WHITE).flatten(1)


@dataclass(frozen=True)
class LinearNormal:
    """p(x|y) = N(W y + b, Σ), with one Σ for every low resolution y: what a recipe of a flow asks of a model.

    `around` is the normal of the residuals, which has the covariance Σ; `shape` is that of a picture, (C, H, W).
    """

    mean: linear.Linear
    around: Normal | LowRankNormal
    shape: tuple[int, ...]

    def bound(self, pixels: Tensor, low: Tensor, noise: Tensor) -> Tensor:
        """Compute a bound on log P(pixels | y) in nats, (B,), dequantised by this noise."""
        x = dequantised(pixels, noise)
        nats = self.around.log_prob((x - self.mean(low.flatten(1))).to(self.around.mean))
        return nats - x.shape[1] * math.log(WHITE)

    def sample(self, low: Tensor, temperature: float) -> Tensor:
        """Draw one answer to each question, (B, 1, C, H, W), cut to [0, 1]; τ makes all deviations smaller."""
        centre = self.around.mean
        drawn = centre + temperature * (self.around.sample(len(low)) - centre)
        answers = self.mean(low.flatten(1)) + drawn
        return answers.float().reshape(-1, 1, *self.shape).clamp(0, 1)


def residuals_normal(residuals: Tensor) -> Normal | LowRankNormal:
    """Fit one normal to what the mean leaves: with a full covariance, or where that is too large of low rank."""
    if residuals.shape[1] <= FULL:
        return full_normal(residuals.double())
    return LowRankNormal.fit(residuals, RANK, steps=3, floor=least_variance(LEVELS))


def measure(task: Task, regression: Recipe, flow: Recipe) -> Rows:
    """Measure enlargements as the recipe of the regression does, and the density as that of the flow does."""
    high, low = task.data(CPU)
    shape = high.shape[1:]
    x, y = dequantised(high, torch.rand(high.shape, generator=generator(1))), low.flatten(1)
    mean, seconds = timed(lambda: linear.Sums.of(y, x).solved())

    def bicubic(given: Tensor) -> Tensor:
        return upsample(given, task.scale)

    def by_regression(given: Tensor) -> Tensor:
        return mean(given.flatten(1)).float().reshape(-1, *shape)

    rows: Rows = {
        "bicubic": dict(regression.measure(bicubic, CPU)),
        "linear regression": {**regression.measure(by_regression, CPU), "seconds": seconds},
    }
    around, more = timed(lambda: residuals_normal(x.sub_(mean(y).float())))
    density = LinearNormal(mean, around, tuple(shape))
    rows["linear regression and a normal"] = {**flow.measure(density, CPU), "seconds": seconds + more}
    return rows
