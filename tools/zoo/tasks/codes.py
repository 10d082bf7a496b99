"""Digits and their codes without a network: two principal components, tables of black and white, and k-means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.densities.finite_mixture import k_means
from gmcourse.models.vae.likelihoods import Bernoulli
from gmcourse.nn.pca import PCA
from gmcourse.reproducible import generator
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes import ae_digits_2d, cluster_gan_digits, vae_digits_2d
from tools.zoo.tasks.timing import timed

CPU = torch.device("cpu")
CLUSTERS = 10


@dataclass(frozen=True)
class LinearAutoencoder:
    """Principal components as an autoencoder: what the recipe of one asks of a model."""

    pca: PCA

    def squared_error(self, x: Tensor) -> Tensor:
        """Compute ‖x − x̂‖², summed over pixels, (B,)."""
        flat = x.flatten(1)
        return (flat - self.pca.decode(self.pca.encode(flat))).square().sum(1)


def two_numbers() -> Rows:
    """Measure the squared error of two principal components, as the recipe of the autoencoder does."""
    x = load("digits").unit().flatten(1)
    pca, seconds = timed(lambda: PCA.fit(x, 2))
    return {
        "two principal components": {**ae_digits_2d.RECIPE.measure(LinearAutoencoder(pca), CPU), "seconds": seconds}
    }


@dataclass(frozen=True)
class Tables:
    """A mixture of tables, each with a probability of ink for each pixel; what the recipe of a VAE asks of a model.

    Its code is the number of the table, and its posterior is exact, so that the bound is the likelihood itself.
    """

    log_weights: Tensor  # (K,)
    logits: Tensor  # (K, 1, 8, 8)
    latent_dim: int = 1

    @classmethod
    def fit(cls, x: Tensor, labels: Tensor) -> Tables:
        """Fit a table to the pictures of each label; one grey picture more leaves no pixel without a chance."""
        parts = [x[labels == each] for each in labels.unique()]
        ink = torch.stack([(part.sum(0) + 0.5) / (len(part) + 1) for part in parts])
        return cls(torch.tensor([len(part) / len(x) for part in parts]).log(), ink.logit())

    def elbo(self, x: Tensor, *, noise: Tensor) -> Tensor:
        """Compute log Σ_k π_k p_k(x) with the likelihood of the VAE, in nats, (B,); there is no use for noise."""
        likelihood = Bernoulli()
        each = [likelihood.log_prob(x, table.expand_as(x)) for table in self.logits]
        return (torch.stack(each, 1) + self.log_weights).logsumexp(1)


def tables() -> Rows:
    """Measure one table, and one for each class or cluster, as the recipe of the VAE with two latents does."""
    digits = load("digits")
    x = digits.unit()

    def clusters(count: int) -> Tables:
        return Tables.fit(x, k_means(x.flatten(1), count, generator=generator(0)))

    fits = {
        "one table": partial(Tables.fit, x, torch.zeros(len(x))),
        "tables, one a class": partial(Tables.fit, x, digits.labels),
        **{f"tables of {count} clusters": partial(clusters, count) for count in (CLUSTERS, 50)},
    }
    rows: Rows = {}
    for name, fit in fits.items():
        fitted, seconds = timed(fit)
        rows[name] = {**vae_digits_2d.RECIPE.measure(fitted, CPU), "seconds": seconds}
    return rows


@dataclass(frozen=True)
class Centres:
    """k-means as what the recipe of ClusterGAN measures: a code has minus the distance to each centre."""

    centres: Tensor  # (K, D)
    continuous: int = 0

    @property
    def classes(self) -> int:
        """Return how many centres there are."""
        return len(self.centres)

    def embed(self, x: Tensor) -> Tensor:
        """Compute minus the distance of each picture to each centre, (B, K): the largest is that of its cluster."""
        return -torch.cdist(x.flatten(1), self.centres)


def best_of_starts(x: Tensor, starts: int = 10) -> Centres:
    """Cluster points (N, D) from several starts, and keep the centres that the points lie nearest to."""
    draws, best, least = generator(0), Centres(x[:1]), math.inf
    for _ in range(starts):
        clusters, nearest = k_means(x, CLUSTERS, generator=draws).unique(return_inverse=True)
        centres = torch.stack([x[nearest == number].mean(0) for number in range(len(clusters))])
        error = float((x - centres[nearest]).square().sum())
        if error < least:
            best, least = Centres(centres), error
    return best


def clusters() -> Rows:
    """Measure k-means of the pixels, as the recipe of ClusterGAN does."""
    centres, seconds = timed(lambda: best_of_starts(load("digits").unit().flatten(1)))
    found = dict(cluster_gan_digits.RECIPE.measure(centres, CPU))
    del found["purity_of_pixels"]  # which no model has changed
    return {"k-means of the pixels": {**found, "seconds": seconds}}
