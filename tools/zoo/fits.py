"""The densities that cost next to nothing: counted, solved in closed form, or fitted by a few steps of EM."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from gmcourse.densities import FiniteMixture, Histogram, LowRankMixture, LowRankNormal, Normal
from gmcourse.densities.finite_mixture import Density, k_means
from gmcourse.reproducible import generator
from tools.zoo.sets import Set

FULL = 5000  # dimensions, at most, of a full covariance: that of 64×64 pixels has 150 million numbers
EM_PICTURES = 10_000  # that mixtures see, at most: k-means and EM on more take longer than they gain
MANY = 50  # times as many points as dimensions: enough for a full covariance of each of twenty clusters
STEPS = 3  # of EM after k-means: in many dimensions hardly a point changes its component any more
Fit = Callable[[Tensor], Density]


def least_variance(levels: int) -> float:
    """Give the variance of the noise that dequantises pixels of so many grey levels: no pixel has less."""
    return 1 / (12 * levels**2)


def full_normal(x: Tensor) -> Normal:
    """Fit a normal with a full covariance, which is shrunk where points are few for it."""
    return Normal.fit(x, shrink=len(x) < 5 * x.shape[1])


def models(data: Set, x: Tensor, labels: Tensor) -> dict[str, Callable[[], Density]]:
    """What is fitted, by name: each for all data, and where there are classes one for each class, weighted."""
    least = least_variance(data.levels)
    components, rank = data.mixture
    draws = generator(0)

    def low_rank(part: Tensor) -> Density:
        return LowRankNormal.fit(part, min(data.rank, len(part) - 1), steps=3, floor=least)

    single: dict[str, Fit] = {
        "histograms": lambda part: Histogram.fit(part, data.levels),
        "full normal": full_normal,
        "low-rank normal": low_rank,
    }
    if x.shape[1] > FULL:
        del single["full normal"]
    if data.levels == 2:
        single = {"histograms": single["histograms"]}
    found: dict[str, Callable[[], Density]] = {name: partial(fit, x) for name, fit in single.items()}
    if data.classes:
        for name, fit in single.items():
            found[f"{name}, one a class"] = partial(FiniteMixture.by_class, fit, x, labels)
    if data.levels > 2 and len(x) > MANY * x.shape[1]:
        found["full normal, one a cluster"] = lambda: FiniteMixture.by_class(
            partial(Normal.fit, ridge=least), x, k_means(x.float(), components, generator=generator(0))
        )
    if data.levels == 2:
        few = x[:EM_PICTURES]
        clusters = partial(k_means, (2 * few).floor(), components, generator=draws)
        found["mixture of histograms"] = lambda: FiniteMixture.by_class(single["histograms"], few, clusters())
        return found
    mixture = partial(LowRankMixture.fit, x[:EM_PICTURES], floor=least, steps=STEPS, generator=draws)
    found["mixture of diagonal normals"] = lambda: mixture(data.diagonal, 0)
    found["mixture of low-rank normals"] = lambda: mixture(components, rank)
    return found
