"""A VAE of the bundled digits with two latents: the plane that lesson 04 opens with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.models.vae import VAE
from gmcourse.recipes.recipe import Recipe
from gmcourse.reproducible import generator
from gmcourse.training import Minimize


def data(device: torch.device) -> Tensor:
    """The 1,437 training digits, (N, 1, 8, 8) in [0, 1]."""
    return load("digits").unit().to(device)


def step(module: Any, device: torch.device) -> Minimize:
    """Adam on the negative ELBO."""
    return Minimize(module.loss, module, torch.optim.Adam(module.parameters(), lr=1e-3))


@torch.no_grad()
def measure(module: VAE, device: torch.device) -> dict[str, float]:
    """The negative ELBO of the 360 test digits with the Bernoulli cross-entropy, in nats."""
    test = load("digits", "test").unit().to(device)
    noise = torch.randn(len(test), module.latent_dim, generator=generator(0)).to(device)
    return {"test_negative_elbo_nats": float(-module.elbo(test, noise=noise).mean())}


RECIPE = Recipe(
    name="vae_digits_2d",
    model="gmcourse.models.vae:VAE",
    arguments={"shape": [1, 8, 8], "latent_dim": 2, "hidden": [128, 128]},
    data=data,
    step=step,
    steps=6000,
    batch_size=128,
    measure=measure,
    described="digits: 1,437 training images of 8×8 pixels",
)
