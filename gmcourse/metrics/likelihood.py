"""Log-likelihoods in the units that people compare, the only place with a log 2 in it, and as scores of the unusual.

A nat is the unit of the natural logarithm; a bit is log 2 nats. Models of pixels are compared in bits per
dimension: the mean number of bits that an ideal code built on the model needs for one channel of one pixel.
"""

import math

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.metrics.diversity import distances

LOG_2 = math.log(2.0)


@expect.door(nats="; -inf")
def nats_to_bits(nats: Tensor) -> Tensor:
    """Turn nats into bits, in any shape."""
    return nats / LOG_2


@expect.door(log_prob="; -inf", dims=">= 1")
def bits_per_dim(log_prob: Tensor, dims: int) -> Tensor:
    """−log p(x) / (D log 2) with D = C·H·W, the code length of one dimension; lower is better.

    `log_prob` is that of *whole-number* pixels, in nats, in any shape; uniform noise of 256 grey values has 8. For
    the density of continuous values it means something only beside the bin width: see `gmcourse.flows.Dequantized`.
    """
    return -log_prob / (dims * LOG_2)


@expect.door(values="n")
def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Compute the mean of two or more independent values (n,), and its standard error s/√n."""
    expect.whole("the number of values", len(values), least=2)
    values = values.double()
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


@expect.door(values="; unseen")
def log_mean_exp(values: Tensor, dim: int) -> Tensor:
    """Compute the log of the mean of exp(values) along one dimension, without overflow; exact for equal values."""
    expect.whole("dim", dim, least=-values.ndim, most=values.ndim - 1)
    top = values.detach().amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return (values - top).exp().mean(dim).log() + top.squeeze(dim)


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


@expect.door(higher="N; -inf", lower="M; -inf")
def auroc(higher: Tensor, lower: Tensor) -> float:
    """The probability that a random score of `higher` (N,) is above one of `lower` (M,); ties count half.

    The area under the receiver operating characteristic, as the rank statistic of Mann & Whitney 1947.
    1 is a perfect order and ½ chance; below ½ the score points the wrong way.

    >>> auroc(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0]))
    0.875
    """
    higher, lower = higher.double(), lower.double().sort().values
    below = torch.searchsorted(lower, higher, right=False)
    at_most = torch.searchsorted(lower, higher, right=True)
    return float((below + at_most).double().mean() / (2 * len(lower)))
