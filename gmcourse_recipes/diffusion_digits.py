"""A diffusion model of the bundled digits, with and without their classes: the one of lesson 12."""

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.diffusion import Diffusion, bound, times
from gmcourse.nn.pca import PCA
from gmcourse.reproducible import generator
from gmcourse_recipes.running import Recipe, adam, cosine, product, warm_up


def data(device: torch.device) -> tuple[Tensor, ...]:
    """Load 1,221 training digits in [−1, 1], (N, 1, 8, 8), and their classes."""
    part = load("digits").split(0.85)[0]
    return (2 * part.unit() - 1).to(device), part.labels.to(device)


def measure(module: Diffusion, device: torch.device) -> dict[str, float]:
    """Measure the bound in bits per pixel, and samples of DDIM against 360 held-out digits, for several steps.

    The features are the first 32 principal components of all training pixels, as for the cheap models.
    """
    test, pca = load("digits", "test"), PCA.fit(load("digits").unit().flatten(1), 32)
    x, real = (2 * test.unit() - 1).to(device), pca.encode(test.unit().flatten(1))
    grid = times(100, spacing="snr", highest=3.0)  # of 3, 4, … 9 the best on training digits
    terms = bound(module.denoiser(), x, grid, levels=17, generator=generator(0))
    found = {"test_bits_per_dim": float(bits_per_dim(-terms.sum(0).mean(), 64))}
    for steps in (4, 8, 16, 64):
        torch.manual_seed(0)
        drawn = (module.sample(360, steps=steps).cpu() + 1) / 2
        made = pca.encode(drawn.clamp(0, 1).flatten(1))
        found[f"frechet_32_components_{steps}_steps"] = frechet_distance(real, made)
        found[f"precision_{steps}_steps"], found[f"recall_{steps}_steps"] = precision_recall(real, made)
    return found


RECIPE = Recipe(
    model="gmcourse.models.diffusion:Diffusion",
    arguments={"shape": [1, 8, 8], "predicts": "v", "classes": 10, "dropout": 0.1},
    data=data,
    step=adam(1e-3, lambda module: lambda batch: module.loss(*batch), average=0.999, clip=1.0),
    steps=8000,
    batch_size=128,
    measure=measure,
    described="digits: 1,221 training images of 8×8 pixels, those of lessons 06, 07 and 11",
    schedule=product(warm_up(100), cosine),
    samples=lambda module, device: module.sample(40).add(1).div(2).clamp(0, 1),
    half=True,
)
