"""An autoencoder of the bundled digits with two code dimensions: the plane that lesson 03 walks over."""

import torch

from gmcourse.data import load
from gmcourse.models.autoencoder import Autoencoder
from gmcourse_recipes.running import Recipe, adam


def measure(module: Autoencoder, device: torch.device) -> dict[str, float]:
    """Measure the squared error of the 360 test digits, summed over pixels in [0, 1]."""
    test = load("digits", "test").unit().to(device)
    return {"test_squared_error": float(module.squared_error(test).mean())}


RECIPE = Recipe(
    model="gmcourse.models.autoencoder:Autoencoder",
    arguments={"shape": [1, 8, 8], "latent_dim": 2, "hidden": [128, 128]},
    data=lambda device: load("digits").unit().to(device),
    step=adam(1e-3),
    steps=6000,
    batch_size=128,
    measure=measure,
    described="digits: 1,437 training images of 8×8 pixels",
    samples=lambda module, device: module(load("digits", "test").unit()[:40].to(device)),  # reconstructions
)
