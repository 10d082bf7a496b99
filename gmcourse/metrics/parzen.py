"""The Parzen-window likelihood: how GANs were once compared, and why no longer."""

import math

from torch import Tensor

from gmcourse import expect
from gmcourse.metrics.diversity import distances


@expect.door(x="n D", centres="N D", sigma="> 0")
def parzen_log_prob(x: Tensor, centres: Tensor, sigma: float) -> Tensor:
    """Compute log (1/N) Σ_i N(x; c_i, σ²I) of points x (n, D) in nats: the density of samples c_i blurred by σ.

    Goodfellow et al. 2014 (arXiv:1406.2661), section 5, put it on samples of a GAN, with σ chosen on validation data.
    Theis et al. 2016 (arXiv:1511.01844), section 3.3, show that it ranks models wrongly: for small σ it is a smooth
    nearest-neighbour distance; in many dimensions too few samples can be drawn to come near the truth.
    """
    squared = (distances(x, centres) / sigma).square()
    constant = math.log(len(centres)) + x.shape[1] * (math.log(2 * math.pi) / 2 + math.log(sigma))
    return (-0.5 * squared).logsumexp(1) - constant
