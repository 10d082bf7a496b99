"""Modes hit and samples wasted, where the modes of the data are known."""

from torch import Tensor

from gmcourse import expect
from gmcourse.metrics.diversity import distances


@expect.door(samples="n D", centres="K D", sigma="> 0")
def modes_and_quality(samples: Tensor, centres: Tensor, sigma: float) -> tuple[int, float]:
    """How many modes have a good sample, and what share of the samples is good.

    A sample is good if it lies within three standard deviations of the centre nearest to it; a mode is hit
    if a good sample lies at it (Srivastava et al. 2017, arXiv:1705.07761, section 4.1, with 2,500 samples).
    Samples of the truth in the plane have the share 1 − exp(−9/2) = 0.989.
    """
    distance, nearest = distances(samples, centres).min(1)
    good = distance <= 3 * sigma
    return int(nearest[good].unique().numel()), float(good.double().mean())
