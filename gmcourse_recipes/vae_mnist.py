"""The VAE of Burda et al. 2016 (arXiv:1509.00519) on MNIST: one stochastic layer of 50 latents, two hidden of 200.

As in the paper's section 5, grey levels are probabilities, and the pixels are drawn anew each time that an image is
seen. Differs from the paper: SiLU for tanh, batches of 100 for 20, fewer passes, a cosine for its schedule.
"""

from dataclasses import replace

import torch
from torch import Tensor

from gmcourse.data import Images, load
from gmcourse.metrics.likelihood import mean_and_error
from gmcourse.models.vae import VAE
from gmcourse.processes import uniform_noise
from gmcourse.reproducible import generator
from gmcourse_recipes.running import Recipe, adam, cosine


def binarised(x: Tensor) -> Tensor:
    """Draw black or white pixels, whose chances are the grey levels."""
    return (uniform_noise(x) < x).float()


def held_out(draws: torch.Generator) -> Images:
    """Draw black or white pixels of the test images, once."""
    grey = load("mnist", "test")
    pixels = torch.rand(grey.pixels.shape, generator=draws) < grey.unit()
    return replace(grey, pixels=pixels.byte(), grey_levels=2)


def measure(module: VAE, device: torch.device) -> dict[str, float]:
    """Measure −L_5000 of the test images, binarised once, in nats, with its standard error: some twenty minutes."""
    draws = generator(0)
    images = held_out(draws).unit().to(device)

    def bound(x: Tensor) -> Tensor:
        noise = torch.randn(5000, len(x), module.latent_dim, generator=draws)
        return module.importance_bound(x, 5000, noise.to(device))

    mean, error = mean_and_error(torch.cat([*map(bound, images.split(4))]).cpu())
    return {"test_negative_L5000_nats": -mean, "standard_error_nats": error, "images": len(images)}


RECIPE = Recipe(
    model="gmcourse.models.vae:VAE",
    arguments={"shape": [1, 28, 28], "latent_dim": 50, "hidden": [200, 200]},
    data=lambda device: load("mnist").unit().to(device),
    # the rate and ε of the paper
    step=adam(1e-3, lambda module: lambda x: module.loss(binarised(x)), eps=1e-4),
    steps=300_000,
    batch_size=100,
    measure=measure,
    described="MNIST: 60,000 training images of 28×28 pixels, binarised afresh at each draw",
    schedule=lambda step, steps: 0.05 + 0.95 * cosine(step, steps),
    samples=lambda module, device: module.sample(64),
    mixed_precision=True,
    half=True,
)
