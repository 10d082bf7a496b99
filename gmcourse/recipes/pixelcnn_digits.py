"""A PixelCNN of the bundled digits: the best bits of lesson 11."""

import torch

from gmcourse.data import load
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import PixelCNN
from gmcourse.nn.pca import PCA
from gmcourse.recipes.running import Recipe
from gmcourse.reproducible import seed_torch
from gmcourse.training import Minimize
from gmcourse.training.schedules import cosine, product, warm_up


@torch.no_grad()
def measure(module: PixelCNN, device: torch.device) -> dict[str, float]:
    """Measure exact bits per pixel, and 360 samples by what lesson 02 measures its GAN with."""
    train, test = load("digits"), load("digits", "test")
    seen, held_out = (x.pixels.flatten(1).to(device) for x in (train.split(0.85)[0], test))
    seed_torch(0)
    samples = module.sample(len(test)).cpu() / (train.grey_levels - 1)
    pca = PCA.fit(train.unit().flatten(1), 16)
    real, drawn = pca.encode(test.unit().flatten(1)), pca.encode(samples)
    precision, recall = precision_recall(real, drawn)
    return {
        "test_bits_per_dim": float(bits_per_dim(module.log_prob(held_out).mean(), 64)),
        "training_bits_per_dim": float(bits_per_dim(module.log_prob(seen).mean(), 64)),
        "frechet_16_components": frechet_distance(real, drawn),
        "precision": precision,
        "recall": recall,
    }


RECIPE = Recipe(
    name="pixelcnn_digits",
    model="gmcourse.models.autoregressive:PixelCNN",
    arguments={"dropout": 0.3},
    data=lambda device: load("digits").split(0.85)[0].pixels.flatten(1).to(device),
    step=lambda module, device: Minimize(
        module.loss, module, torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=1e-2), clip=1.0
    ),
    steps=600,
    batch_size=64,
    measure=measure,
    described="digits: 1,221 training images of 8×8 pixels, those of lessons 06 and 07",
    schedule=product(warm_up(20), cosine),
    half=True,
)
