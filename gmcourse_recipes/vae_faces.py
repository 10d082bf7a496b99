"""A convolutional VAE of detailed faces with 32 latents: attribute vectors, blur and fitted priors in lesson 04."""

import torch
from torch import Tensor

from gmcourse.data import Images, load
from gmcourse.metrics.reconstruction import high_frequency_energy
from gmcourse.models.vae import VAE
from gmcourse.reproducible import generator, seed_torch
from gmcourse_recipes.running import Pictures, Recipe, adam, cosine, product, warm_up
from gmcourse_recipes.running.fitted_priors import frechet_by_prior


def faces(split: str) -> Images:
    """Draw 50,000 detailed faces to learn from, 2,000 to measure on."""
    return load("faces", split, n=50_000 if split == "train" else None)


def data(device: torch.device, pictures: Pictures = faces) -> Tensor:
    """Load the training faces as whole numbers (N, 3, 32, 32): in memory they take a quarter of floats."""
    return pictures("train").pixels.to(device)


def measure(module: VAE, device: torch.device, pictures: Pictures = faces) -> dict[str, float]:
    """Measure, on test faces, the bound on the density, the error of a pixel, and the fine detail left.

    With them the Fréchet distances of the prior, of two priors fitted afterwards, and of the reconstructions.
    """
    train, test = (pictures(split).pixels[:10_000].to(device).float() / 255 for split in ("train", "test"))
    noise = torch.randn(len(test), module.latent_dim, generator=generator(0)).to(device)

    def rebuild(x: Tensor) -> Tensor:
        return module.decode(module.encode(x)[0])

    rebuilt = rebuild(test)
    detail = high_frequency_energy(rebuilt).mean() / high_frequency_energy(test).mean()
    seed_torch(0)
    return {
        "test_elbo_of_the_density_nats": float(module.elbo(test, noise=noise).mean()),
        "test_pixel_error_root_mean_square": float((rebuilt - test).square().mean().sqrt()),
        "test_high_frequency_energy_share": float(detail),
    } | frechet_by_prior(module, module.decode, rebuild, train, test)


RECIPE = Recipe(
    model="gmcourse.models.vae:VAE",
    arguments={"shape": [3, 32, 32], "latent_dim": 32, "hidden": [24]}
    | {"likelihood": "gaussian", "network": "conv"},
    data=data,
    step=adam(1.5e-3, lambda vae: lambda x: vae.loss(x.float() / 255), average=0.999, clip=1000.0),
    steps=25_000,
    batch_size=64,
    measure=measure,
    described="faces: 50,000 detailed cartoon faces of 32×32 pixels",
    schedule=product(warm_up(500), cosine),
    pictures=True,
    samples=lambda module, device: module.sample(40),
)
