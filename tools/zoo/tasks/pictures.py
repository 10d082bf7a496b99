"""Densities of pixels, measured as the recipes of small generators measure their networks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.data import Images, load
from gmcourse.densities.finite_mixture import Density
from gmcourse.flows import Context, Flow
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.reproducible import generator
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes import dcgan_digits, dcgan_faces, flow_matching_digits
from gmcourse_recipes.stylegan2_faces import at_32, real
from gmcourse_recipes.stylegan_contest_faces import SIZE
from tools.zoo.fits import models
from tools.zoo.sets import SETS, Set
from tools.zoo.tasks.timing import timed

CPU = torch.device("cpu")
# of the set "faces" the plainest, a normal, and the best: the others would take minutes more
OF_FACES = ("histograms", "full normal", "mixture of low-rank normals")
DISTANCES = ("frechet_32_components", "precision", "recall")
FACES = Set(lambda split: load("faces", split), 256, 400, (8, 60), 20, False, False)
SMALL_FACES = Set(lambda split: load("faces", split, size=SIZE["resolution"]), 256, 400, (8, 60), 20, False, True)


@dataclass(frozen=True)
class Pictures:
    """A density of pixels as a generator of pictures in [0, 1], which have the levels that real ones have."""

    density: Density
    levels: int
    shape: tuple[int, ...]

    def sample(self, n: int) -> Tensor:
        """Draw n pictures, (n, C, H, W)."""
        drawn = (self.density.sample(n) * self.levels).floor().clamp(0, self.levels - 1)
        return (drawn / (self.levels - 1)).float().reshape(-1, *self.shape)


@dataclass(frozen=True)
class SeveralRuns:
    """A generator that is sampled as those of several runs are."""

    generator: Pictures
    runs: int

    def sample(self, n: int) -> Tensor:
        """Draw n pictures for each run, (runs, n, C, H, W)."""
        return torch.stack([self.generator.sample(n) for _ in range(self.runs)])


def dequantised(pixels: Tensor, levels: int) -> Tensor:
    """Spread whole numbers (N, D) out over [0, 1]. In double precision: some pixels never vary, others do."""
    return ((pixels + torch.rand(pixels.shape, generator=generator(1))) / levels).double()


def each_model(
    data: Set,
    images: Images,
    measure: Callable[[Pictures], Mapping[str, float]],
    names: Collection[str] | None = None,
) -> Rows:
    """Fit the models of a set to images, or some by name, and measure each as a generator of such pictures."""
    x, rows = dequantised(images.pixels.flatten(1), data.levels), {}
    for name, fit in models(data, x, images.labels).items():
        if names is not None and name not in names:
            continue
        fitted, seconds = timed(fit)
        torch.manual_seed(0)
        rows[name] = {**measure(Pictures(fitted, data.levels, images.shape)), "seconds": seconds}
    return rows


def of_dcgan_faces() -> Rows:
    """Measure samples of 10,000 faces' densities as the recipe of the DCGAN does."""
    drawn = cache(FACES.load)  # once, and not again for each model

    def measure(made: Pictures) -> dict[str, float]:
        found = dcgan_faces.RECIPE.measure(made, CPU, pictures=drawn)
        return {name: found[name] for name in DISTANCES}

    return each_model(FACES, drawn("train"), measure, OF_FACES)


def of_dcgan_digits() -> Rows:
    """Measure samples of the digits' densities as the recipe of fifteen DCGANs does: means over fifteen draws."""
    names = dcgan_digits.NAMES

    def measure(made: Pictures) -> dict[str, float]:
        found = dcgan_digits.RECIPE.measure(SeveralRuns(made, len(names)), CPU)
        kinds = set(names)
        words = ("frechet", "precision", "recall")
        return {word: sum(found[f"{kind}: {word}"] for kind in kinds) / len(kinds) for word in words}

    return each_model(SETS["digits"], load("digits"), measure)


def of_stylegan_contest() -> Rows:
    """Measure samples of the densities of faces of 16×16 pixels, on what that recipe measures its networks."""
    network, test, _ = real(1000, SIZE["resolution"], CPU)

    def measure(made: Pictures) -> dict[str, float]:
        return {"frechet": frechet_distance(test, network.of(at_32(made.sample(1000))))}

    return each_model(SMALL_FACES, SMALL_FACES.load("train"), measure)


class AsFlow(Flow):
    """A density as the flow of a model of flow matching: what its recipe measures the likelihood of."""

    def __init__(self, density: Density) -> None:
        nn.Module.__init__(self)  # there is no bijection
        self.density = density

    def flow(self, **how: Any) -> AsFlow:
        """Give itself: there is no differential equation that could be solved in more steps or fewer."""
        return self

    def unchecked_log_prob(self, x: Tensor, context: Context = None) -> Tensor:
        """Compute log p of dequantised pixels (N, D) in nats, (N,)."""
        return self.density.log_prob(x.double())


def of_flow_matching_digits() -> Rows:
    """Measure bits per dimension of the densities of 1,221 digits, as the recipe of the flow matching does."""
    data = SETS["digits"]
    pixels, labels = flow_matching_digits.data(CPU)
    rows: Rows = {}
    for name, fit in models(data, dequantised(pixels, data.levels), labels).items():
        fitted, seconds = timed(fit)
        rows[name] = {**flow_matching_digits.RECIPE.measure(AsFlow(fitted), CPU), "seconds": seconds}
    return rows
