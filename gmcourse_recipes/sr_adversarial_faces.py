"""Super-resolution of faces, 8×8 → 32×32, against a discriminator: one sharp answer each.

It begins as `sr_regression_faces`. The generator must fool a discriminator of whole pictures, and its answer,
made small again, must be the low resolution that it was given. The published ones (ESRGAN) also compare with
the truth through a network that was trained on photographs; none of that is here.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gmcourse.adversarial import Adversarial, Lazy, lazy_adam, r1_penalty
from gmcourse.data.low_resolution import downsample
from gmcourse.models.gan import DCDiscriminator
from gmcourse.training import EMA
from gmcourse_recipes.sr_regression_faces import RECIPE as REGRESSION
from gmcourse_recipes.sr_regression_faces import TASK

CONSISTENCY = 20.0  # weight of the mean absolute difference of low resolutions


def step(module: Any, device: torch.device) -> Adversarial:
    """Use non-saturating losses, R1 at every eighth step, consistency at every step."""
    questions = TASK.data(device)[1]
    opponent = DCDiscriminator((3, 32, 32), width=48, normalise=False).to(device)

    def latent(n: int) -> Tensor:
        return questions[torch.randint(len(questions), (n,)).to(device)]

    def consistency(low: Tensor) -> Tensor:
        return CONSISTENCY * (downsample(module(low), TASK.scale) - low).abs().mean()

    return Adversarial(
        module,
        opponent,
        torch.optim.Adam(module.parameters(), lr=5e-4, betas=(0.5, 0.99), fused=True),
        lazy_adam(opponent.parameters(), 1e-3, (0.5, 0.99), every=8),
        latent=latent,
        discriminator_penalty=Lazy("r1", lambda real, fake: r1_penalty(opponent, real, 0.1), every=8),
        generator_penalty=Lazy("consistency", consistency),
        ema=EMA(module, 0.995),
    )


RECIPE = replace(
    REGRESSION,
    # the faces alone: the discriminator never sees which low resolution an answer belongs to
    data=lambda device: TASK.data(device)[0].float() / 255,
    step=step,
    steps=6000,
    batch_size=16,
    described="20,000 cartoon faces with details, 32×32, and 8×8; begins as sr_regression_faces",
    begins_with="sr_regression_faces",
    schedule=None,
    callbacks=lambda step: [],
    half=True,
)
