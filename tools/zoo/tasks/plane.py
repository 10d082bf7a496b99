"""The plane without a network: one normal, and mixtures of them by EM, fitted to samples of known densities."""

from __future__ import annotations

import torch
from torch import Tensor

from gmcourse.data import toy
from gmcourse.densities import Mixture, Normal
from gmcourse.reproducible import generator
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes import gan_grid_literature
from gmcourse_recipes.running import Recipe
from tools.zoo.tasks.timing import timed

CPU = torch.device("cpu")
POINTS = 20_000  # to fit to; each of the networks saw more than a million
COMPONENTS = (5, 10, 20, 40, 80)  # of which the one with the most likely unseen points is taken
GRID, STARTS = 25, 5
RIDGE = 1e-6  # a share of the mean variance, which is that of the whole grid: a larger one would widen each mode


def chosen_mixture(seen: Tensor, unseen: Tensor) -> Mixture:
    """Fit mixtures of more and more normals, and keep that which finds the unseen points most likely."""
    fits = [Mixture.fit(seen, components, ridge=RIDGE, generator=generator(0)) for components in COMPONENTS]
    return max(fits, key=lambda mixture: float(mixture.log_prob(unseen).mean()))


def from_truth(density: str, recipe: Recipe) -> Rows:
    """Measure KL(truth ‖ cheap model), as the recipe of a flow in the plane does."""
    truth = toy.load(density)
    seen, unseen = truth.sample(POINTS, generator(2)), truth.sample(POINTS, generator(3))
    normal, seconds = timed(lambda: Normal.fit(seen))
    mixture, more = timed(lambda: chosen_mixture(seen, unseen))
    return {
        "full normal": {**recipe.measure(normal, CPU), "seconds": seconds},
        "mixture of normals": {**recipe.measure(mixture, CPU), "components": len(mixture.means), "seconds": more},
    }


class SideBySide:
    """Several densities that are sampled as the players of several games are."""

    def __init__(self, densities: list[Mixture]) -> None:
        self.densities = densities

    def sample(self, n: int) -> Tensor:
        """Draw n points of each density, (runs, n, 2)."""
        return torch.stack([density.sample(n) for density in self.densities])


def best_of_starts(points: Tensor, seed: int) -> Mixture:
    """Fit as many normals as the grid has from several starts, and keep the fit with the most likely points."""
    draws = generator(seed)
    fits = [Mixture.fit(points, GRID, ridge=RIDGE, generator=draws) for _ in range(STARTS)]
    return max(fits, key=lambda mixture: float(mixture.log_prob(points).mean()))


def grid() -> Rows:
    """Count modes and good samples of five fits, each to points of its own, as the recipe of the grid does."""
    truth = toy.load("twenty_five_gaussians")
    runs = range(gan_grid_literature.RUNS)
    fits, seconds = timed(
        lambda: SideBySide([best_of_starts(truth.sample(POINTS, generator(seed)), seed) for seed in runs])
    )
    found = gan_grid_literature.RECIPE.measure(fits, CPU)
    modes, good = ([found[f"{word}_{i}"] for i in runs] for word in ("modes", "good_samples"))
    summary = {"fewest_modes": min(modes), "most_modes": max(modes), "good_samples": sum(good) / len(good)}
    return {f"mixture of {GRID} normals": {**found, **summary, "seconds": seconds / len(runs)}}
