"""Samples of GANs on 25 Gaussians along their trainings, as a script for the live figure `gan_modes`.

The trainings are those of two models of the zoo, whose last moment is the zoo's. Of one run of each set-up the page
gets, for some moments, how many of 2,500 samples are good at each mode, and some of the samples; of all other runs
it gets the counts at the end. A training takes minutes and ends elsewhere on another processor, so what was recorded
is kept as long as its last moment is that of the zoo.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from gmcourse import zoo
from gmcourse.data import toy
from gmcourse.experiments.gan_grid import GridGANs
from gmcourse.metrics.diversity import distances
from gmcourse.training import Callback, History, Step
from gmcourse_recipes.running import Recipe, find, train
from tools.environment import ROOT
from tools.live import wire

KEPT = ROOT / "book" / "_static" / "live" / "weights" / "gan_modes.js"
MOMENTS = (0, 20, 50, 100, 150, 200, 300, 400, 550, 700, 900, 1200, 1500, 2000, 2500, 3000)
COUNTED, DRAWN = 2500, 240
LITERATURE, REMEDIES = find("gan_grid_literature"), find("gan_grid_remedies")
SET_UPS = {  # name in the page → recipe, its runs, the one that is shown: of the baseline, one of four that are alike
    "baseline": (LITERATURE, range(5), 1),
    "larger networks": (REMEDIES, range(3), 0),
    "twice the data": (REMEDIES, range(6, 9), 6),
    "hinge": (REMEDIES, range(3, 6), 3),
    "Wasserstein": (REMEDIES, range(9, 12), 9),
    "R1": (REMEDIES, range(12, 17), 12),
}


def samples(module: nn.Module) -> Tensor:
    """Draw what the manifest's numbers were measured on, (runs, COUNTED, 2)."""
    assert isinstance(module, GridGANs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return module.sample(COUNTED)


def counts(points: Tensor) -> Tensor:
    """Count the good samples at each mode, as `modes_and_quality` tells them, (25,)."""
    truth = toy.load("twenty_five_gaussians")
    assert isinstance(truth, toy.Gaussians)
    distance, nearest = distances(points, truth.centres).min(1)
    return nearest[distance <= 3 * truth.sigma].bincount(minlength=len(truth.centres))


def record(recipe: Recipe) -> Tensor:
    """Train all runs of a recipe anew, and collect their samples, (runs, moments, COUNTED, 2)."""
    found = [samples(GridGANs(**recipe.arguments))]

    def looking(step: Step) -> list[Callback]:
        def look(now: int, history: History) -> None:
            if now + 1 in MOMENTS:
                found.append(samples(step.trained()))

        return [look]

    with tempfile.TemporaryDirectory() as folder:
        train.run(replace(recipe, callbacks=looking), device="cpu", keep=False, folder=Path(folder))
    return torch.stack(found, 1)


def ends() -> dict[str, Tensor]:
    """Draw from the zoo's models, by recipe."""
    return {name: samples(zoo.load(name)) for name in ("gan_grid_literature", "gan_grid_remedies")}


def script(recorded: dict[str, Tensor], last: dict[str, Tensor]) -> str:
    """Write the script from the samples of each recipe along its training and at the end."""
    numbers, described = wire.Numbers(), []
    for name, (recipe, runs, shown) in SET_UPS.items():
        film = torch.cat([recorded[recipe.name][shown, :-1], last[recipe.name][shown][None]])
        numbers.add("points", film[:, :DRAWN].flatten(1), "int16")
        numbers.add("counts", torch.stack([counts(points) for points in film]), "float16")
        for run in runs:
            numbers.add("ends", counts(last[recipe.name][run]), "float16")
        described.append({"name": name, "runs": len(runs)})
    return numbers.script("gan_modes", {"moments": MOMENTS, "counted": COUNTED, "setups": described})


def is_current(last: dict[str, Tensor]) -> bool:
    """Compare the end of the kept script with these samples, up to its rounding and another processor's."""
    try:
        kept = wire.read(KEPT.read_text(encoding="utf-8")).numbers["points"][:, -1]
    except (FileNotFoundError, ValueError):
        return False
    expected = torch.stack([last[recipe.name][shown, :DRAWN].flatten() for recipe, _, shown in SET_UPS.values()])
    return bool(((kept - expected).abs() < 0.01).all())


@torch.no_grad()
def as_script() -> str:
    """Return the kept script if it is the zoo's, and record the trainings anew if it is not."""
    last = ends()
    if is_current(last):
        return KEPT.read_text(encoding="utf-8")
    return script({recipe.name: record(recipe) for recipe in (LITERATURE, REMEDIES)}, last)
