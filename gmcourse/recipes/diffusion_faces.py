"""A diffusion model of cartoon faces with the network, data and budget of `flow_matching_faces`."""

import time
from dataclasses import replace
from typing import Any

import torch

from gmcourse import zoo
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.diffusion import Diffusion
from gmcourse.recipes.flow_matching_faces import RECIPE as FLOW_MATCHING
from gmcourse.recipes.flow_matching_faces import pictures_of
from gmcourse.recipes.running import Pictures, Recipe
from gmcourse.recipes.running.adam import adam
from gmcourse.recipes.vae_faces import faces
from gmcourse.reproducible import seed_torch

WAYS = [("ddim", steps) for steps in (2, 4, 8, 16, 32, 64)] + [("small", steps) for steps in (16, 64)]


def measure(module: Diffusion, device: torch.device, pictures: Pictures = faces) -> dict[str, float]:
    """Measure the Fréchet distance to 1,000 test faces, precision and recall, against steps and sampler."""
    features: Any = zoo.load("features", device)
    test = pictures("test").unit()[:2000].to(device)
    half = len(test) // 2
    real, other = features.of(test[:half]), features.of(test[half : 2 * half])
    found = {"frechet_floor": frechet_distance(real, other)}
    found["precision_floor"], found["recall_floor"] = precision_recall(real, other)
    for sampler, steps in WAYS:
        name = f"{sampler}_{steps}"
        seed_torch(0)
        began = time.process_time()
        made = features.of(pictures_of(module, half, steps=steps, sampler=sampler))
        found[f"cpu_seconds_a_hundred_{name}"] = (time.process_time() - began) / half * 100
        found[f"frechet_{name}"] = frechet_distance(real, made)
        found[f"precision_{name}"], found[f"recall_{name}"] = precision_recall(real, made)
    return found


RECIPE: Recipe = replace(
    FLOW_MATCHING,
    name="diffusion_faces",
    model="gmcourse.models.diffusion:Diffusion",
    arguments={"shape": [3, 32, 32], "network": "unet", "width": 32, "predicts": "v"},
    step=adam(2e-3, lambda module: lambda x: module.loss(x / 127.5 - 1), average=0.999, clip=1.0),
    measure=measure,
)
