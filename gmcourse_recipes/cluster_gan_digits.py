"""ClusterGAN on the digits: ten clusters found without a label, for lesson 02."""

from typing import Any

import torch

from gmcourse.adversarial import Adversarial, Lazy, lazy_adam, r1_penalty
from gmcourse.data import load
from gmcourse.metrics.diversity import neighbour_purity
from gmcourse.models.gan import ClusterGAN, DCDiscriminator
from gmcourse.training import EMA
from gmcourse_recipes.running import Recipe

RATE, BETAS, EVERY = 1e-3, (0.5, 0.999), 4


def step(module: ClusterGAN, device: torch.device) -> Adversarial:
    """Play the non-saturating game with R1; generator and encoder together also explain the code."""
    opponent = DCDiscriminator((1, 8, 8), width=128).to(device)
    r1 = Lazy("r1", lambda real, fake: r1_penalty(opponent, real, gamma=1.0), EVERY)
    code = Lazy("code", lambda z: module.code_loss(z, continuous_weight=1.0, class_weight=3.0))
    return Adversarial(
        module,
        opponent,
        torch.optim.Adam(module.parameters(), RATE, BETAS),
        lazy_adam(opponent.parameters(), RATE, BETAS, every=EVERY),
        latent=module.latent,
        discriminator_penalty=r1,
        generator_penalty=code,
        ema=EMA(module, 0.99),
    )


def measure(module: ClusterGAN, device: torch.device) -> dict[str, float]:
    """Measure the purity of the ten nearest neighbours among 360 held-out digits, by pixels and by codes."""
    test = load("digits", "test")
    x = test.unit()
    codes = module.embed(x.to(device)).cpu()
    cluster = codes[:, module.continuous :].argmax(1)
    most: Any = sum(test.labels[cluster == k].bincount(minlength=10).max() for k in range(module.classes))
    return {
        "purity_of_pixels": neighbour_purity(x.flatten(1), test.labels),
        "purity_of_codes": neighbour_purity(codes, test.labels),
        "share_in_cluster_of_own_majority": float(most) / len(test),
    }


RECIPE = Recipe(
    model="gmcourse.models.gan:ClusterGAN",
    arguments={"shape": [1, 8, 8], "classes": 10, "continuous": 16, "sigma": 0.3, "width": 64},
    data=lambda device: load("digits").unit().to(device),
    step=step,
    steps=2000,
    batch_size=64,
    measure=measure,
    described="1,437 digits of 8×8 pixels, without labels",
    samples=lambda module, device: module(torch.cat([module.latent(10, cluster) for cluster in range(10)])),
)
