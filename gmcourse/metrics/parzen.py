"""The Parzen-window likelihood: how GANs were once compared, and why no longer."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def parzen_log_prob(x: Tensor, centres: Tensor, sigma: float) -> Tensor:
    """log (1/N) Σ_i N(x; c_i, σ²I) in nats: the density of samples c_i blurred by σ.

    Goodfellow et al. 2014 (arXiv:1406.2661), section 5, put it on samples of a GAN, with σ chosen on
    validation data. Theis et al. 2016 (arXiv:1511.01844), section 3.3, show that it ranks models wrongly.

    Args:
        x: points to be judged, (n, D).
        centres: samples of the model, (N, D).
        sigma: width of the window.

    Returns:
        Shape (n,). For small σ it is a smooth nearest-neighbour distance; in many dimensions no number of
        samples that one can draw makes it near the true log-likelihood.

    Raises:
        ValueError: shapes that do not fit, or a width that is not positive.
    """
    if x.ndim != 2 or centres.ndim != 2 or x.shape[1] != centres.shape[1]:
        raise ValueError(f"shapes {tuple(x.shape)} and {tuple(centres.shape)}; expected (n, D) and (N, D)")
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; expected a positive number")
    squared = torch.cdist(x.double(), centres.double()).square() / sigma**2
    constant = math.log(len(centres)) + x.shape[1] / 2 * math.log(2 * math.pi * sigma**2)
    return (-0.5 * squared).logsumexp(1) - constant
