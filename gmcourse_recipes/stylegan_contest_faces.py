"""The small table of lesson 09: three generators with AdaIN against three StyleGAN2, on faces of 16×16 pixels.

They differ in what the paper changed between its configurations A and D: the layer, and the path length
regulariser. All have the skip generator and the residual discriminator, and none grows.
"""

from collections.abc import Mapping
from typing import Any

import torch

from gmcourse.adversarial import SideBySide
from gmcourse.data import load
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.stylegan2 import Discriminator
from gmcourse.models.stylegan2.game import game
from gmcourse_recipes.running import Recipe
from gmcourse_recipes.stylegan2_faces import judged, real

RUNS, BATCH = 3, 16
SIZE = {"resolution": 16, "channel_base": 256, "channel_max": 32}


def step(module: Any, device: torch.device) -> SideBySide:
    """Six games with the same settings, but for the path length, which StyleGAN did not have."""
    games = []
    for name, player in zip(module.names, module.generators, strict=True):
        weight = 2.0 if name == "StyleGAN2" else 0.0
        opponent = Discriminator(**SIZE).to(device)
        games.append(game(player, opponent, lr=0.004, r1_gamma=0.3, path_weight=weight, ema_half_life=150.0))
    return SideBySide(module, games, [BATCH] * len(games), module.names)


def measure(module: Any, device: torch.device) -> Mapping[str, float]:
    """Measure Fréchet distance and path length of each run, from 1,000 samples; the floor of real against real."""
    features, test, known = real(1000, SIZE["resolution"], device)
    found = {"frechet_train_to_test": frechet_distance(test, known)}
    for i, network in enumerate(module.generators):
        torch.manual_seed(0)
        z = torch.randn(1000, network.mapping.z_dim).to(device)
        name = f"{module.names[i].lower()}_{i % RUNS}"
        found[f"frechet_{name}"], found[f"path_{name}"] = judged(network, features, z, test, 1000)
    return found


RECIPE = Recipe(
    model="gmcourse.experiments.stylegan_contest:Contest",
    arguments={"runs": RUNS, "width": 32, "mapping_layers": 2, "style_mixing": 0.9, **SIZE},
    data=lambda device: (load("faces", size=SIZE["resolution"]).unit() * 2 - 1).to(device),
    step=step,
    steps=1500,
    batch_size=BATCH * 2 * RUNS,
    measure=measure,
    described="faces: 10,000 training pictures of 16×16 pixels with details",
    samples=lambda module, device: torch.cat([network.sample(6) for network in module.generators]),  # a run each row
)
