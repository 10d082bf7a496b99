"""Five GANs on 25 Gaussians in a set-up that others fixed: the baseline of lesson 02.

The grid, the count of modes, 2,500 samples and five runs are those of Srivastava et al. 2017 (arXiv:1705.07761).
Networks, batch and optimiser are those of S. Sinclair's adaptation of its code, which makes 20,000 or 100,000 steps
for our 3,000, has a number more of noise, Glorot's weights, and a generator that lowers the logit itself. The paper's
own networks were not found; those of PacGAN (Lin et al. 2018) are larger, with batch norm, maxout and Adam at 1e-4.
"""

from functools import partial

import torch

from gmcourse.adversarial import Adversarial, SideBySide
from gmcourse.data import toy
from gmcourse.experiments.gan_grid import GridGANs
from gmcourse.metrics.diversity import modes_and_quality
from gmcourse.models.gan import PlaneDiscriminator
from gmcourse.reproducible import seeded
from gmcourse_recipes.plane_flow_moons import data as samples
from gmcourse_recipes.running import Recipe

RUNS, BATCH = 5, 500
data = partial(samples, density="twenty_five_gaussians")


def step(module: GridGANs, device: torch.device) -> SideBySide:
    """Play the non-saturating game five times."""
    games = []
    for seed, player in enumerate(module.players):
        opponent = seeded("discriminator", seed, lambda: PlaneDiscriminator((128,))).to(device)
        optimizers = [torch.optim.Adam(p.parameters(), 1e-3, (0.5, 0.999)) for p in (player, opponent)]
        games.append(Adversarial(player, opponent, *optimizers, latent=player.latent))
    return SideBySide(module, games, [BATCH] * RUNS, ["literature"] * RUNS)


def modes_and_quality_of(module: GridGANs) -> list[tuple[int, float]]:
    """Count modes hit and the share of good samples of each run, from 2,500 samples."""
    truth = toy.load("twenty_five_gaussians")
    assert isinstance(truth, toy.Gaussians)
    torch.manual_seed(0)
    return [modes_and_quality(x.cpu(), truth.centres, truth.sigma) for x in module.sample(2500)]


def measure(module: GridGANs, device: torch.device) -> dict[str, float]:
    """Measure modes hit and share of good samples of each run."""
    found = zip(("modes", "good_samples"), zip(*modes_and_quality_of(module), strict=True), strict=True)
    return {f"{name}_{i}": float(value) for name, values in found for i, value in enumerate(values)}


RECIPE = Recipe(
    model="gmcourse.experiments.gan_grid:GridGANs",
    arguments={"runs": RUNS, "latent_dim": 254, "hidden": [128, 128]},
    data=data,
    step=step,
    steps=3000,
    batch_size=BATCH * RUNS,
    measure=measure,
    described="twenty_five_gaussians: fresh samples",
)
