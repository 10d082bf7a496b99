"""Five GANs on 25 Gaussians in a set-up that others fixed: the baseline of lesson 02.

The grid is that of Srivastava et al. 2017 (arXiv:1705.07761). Networks and optimiser are those of a published
adaptation of their code, not checked against the paper's own; ours makes 3,000 steps, as for the remedies beside it,
theirs more.
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
    found = modes_and_quality_of(module)
    modes = {f"modes_{i}": float(each) for i, (each, _) in enumerate(found)}
    return modes | {f"good_samples_{i}": good for i, (_, good) in enumerate(found)}


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
