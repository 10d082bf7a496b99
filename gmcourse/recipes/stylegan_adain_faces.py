"""The baseline of lesson 09: the generator of `stylegan2_faces` with StyleGAN's AdaIN layers, no path length.

What differs from StyleGAN2 here is what the paper changed between its configurations A and D: the layer, and
the path length regulariser. Both have the skip generator and the residual discriminator, and neither grows.
"""

from __future__ import annotations

from typing import Any

import torch

from gmcourse.adversarial import Adversarial
from gmcourse.models.stylegan2.game import game
from gmcourse.recipes.recipe import Recipe
from gmcourse.recipes.stylegan2_faces import ARGUMENTS, SETTINGS, data, measure, opponent, shares


def step(module: Any, device: torch.device) -> Adversarial:
    """R1 at every 16th step, as StyleGAN2's; no path length."""
    return game(module, opponent(device), path_weight=0.0, **SETTINGS)


RECIPE = Recipe(
    name="stylegan_adain_faces",
    model="gmcourse.models.stylegan2:Generator",
    arguments={**ARGUMENTS, "normalization": "adain"},
    data=data,
    step=step,
    steps=12_000,
    batch_size=16,
    measure=measure,
    described="faces: 20,000 training pictures of 32×32 pixels with details",
    callbacks=shares,
)
