"""A VAE of the bundled digits with two latents: the plane that lesson 04 opens with.

Data, sizes and training are those of the autoencoder of lesson 03, so that the two planes can be compared.
"""

from dataclasses import replace
from functools import partial

import torch

from gmcourse.data import load
from gmcourse.models.vae import VAE
from gmcourse.reproducible import generator
from gmcourse_recipes.ae_digits_2d import RECIPE as AUTOENCODER
from gmcourse_recipes.running import Recipe, adam


def measure(module: VAE, device: torch.device) -> dict[str, float]:
    """Measure the negative ELBO of the 360 test digits with the Bernoulli cross-entropy, in nats."""
    test = load("digits", "test").unit().to(device)
    noise = torch.randn(len(test), module.latent_dim, generator=generator(0)).to(device)
    return {"test_negative_elbo_nats": float(-module.elbo(test, noise=noise).mean())}


RECIPE: Recipe = replace(
    AUTOENCODER, model="gmcourse.models.vae:VAE", measure=measure, samples=lambda module, device: module.sample(40)
)


def with_beta(beta: float) -> Recipe:
    """Make the recipe in which a code costs β times as much (Higgins et al. 2017)."""
    return replace(RECIPE, step=adam(1e-3, lambda module: partial(module.loss, beta=beta)))
