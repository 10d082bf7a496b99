"""A convolutional VAE of detailed faces with 32 latents: attribute vectors and blur in lesson 04."""

from functools import partial

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.metrics.reconstruction import high_frequency_energy
from gmcourse.models.vae import VAE
from gmcourse.recipes.running import Pictures, Recipe
from gmcourse.reproducible import generator
from gmcourse.training import Minimize
from gmcourse.training.schedules import cosine

FACES: Pictures = partial(load, "faces")


def data(device: torch.device, pictures: Pictures = FACES) -> Tensor:
    """Load 10,000 detailed faces, (N, 3, 32, 32) in [0, 1]."""
    return pictures("train").unit().to(device)


@torch.no_grad()
def measure(module: VAE, device: torch.device, pictures: Pictures = FACES) -> dict[str, float]:
    """Measure, on test faces, the bound on the density, the error of a pixel, and the fine detail left."""
    test = pictures("test").unit().to(device)
    noise = torch.randn(len(test), module.latent_dim, generator=generator(0)).to(device)
    means, _ = module.encode(test)
    rebuilt = module.decode(means)
    detail = high_frequency_energy(rebuilt).mean() / high_frequency_energy(test).mean()
    return {
        "test_elbo_of_the_density_nats": float(module.elbo(test, noise=noise).mean()),
        "test_pixel_error_root_mean_square": float((rebuilt - test).square().mean().sqrt()),
        "test_high_frequency_energy_share": float(detail),
    }


RECIPE = Recipe(
    name="vae_faces",
    model="gmcourse.models.vae:VAE",
    arguments={"shape": [3, 32, 32], "latent_dim": 32, "hidden": [24]}
    | {"likelihood": "gaussian", "network": "conv"},
    data=data,
    step=lambda module, device: Minimize(
        module.loss, module, torch.optim.Adam(module.parameters(), lr=1.5e-3), clip=1000.0
    ),
    steps=2500,
    batch_size=64,
    measure=measure,
    described="faces: 10,000 detailed cartoon faces of 32×32 pixels",
    schedule=cosine,
    pictures=True,
    samples=lambda module, device: module.sample(40),
)
