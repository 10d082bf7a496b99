"""What a recipe is, and the one function that runs any of them."""

from __future__ import annotations

import importlib
import math
import pkgutil
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import gmcourse.recipes
from gmcourse import processes, zoo
from gmcourse.reproducible import start
from gmcourse.storage import write_atomically
from gmcourse.training import History, fit
from gmcourse.training.batches import Data
from gmcourse.training.fit import Callback
from gmcourse.training.step import Step
from gmcourse.viz.image_grid import as_png

MACHINERY = ("recipe", "command", "schedules", "super_resolution")  # modules beside the recipes that are none


@dataclass(frozen=True)
class Recipe:
    """Everything that turns an untrained model into a checkpoint of the zoo.

    Attributes:
        name: of the recipe and of the checkpoint.
        model: the class, "gmcourse.models.vae:VAE".
        arguments: its keyword arguments, JSON only.
        data: `data(device)` gives what `fit` takes.
        step: `step(module, device)` gives the step that trains the module.
        steps: how many of them.
        batch_size: samples in each.
        measure: `measure(trained, device)` gives numbers on held-out data; the unit is part of the name.
        described: the data in words, for the manifest.
        seed: of initial weights, batches and noise.
        trained: `trained(step)` gives the module to keep; by default the average if the step has one, else
            the module.
        ship: whether the weights travel with the package (≤ 8 MB), or only the log and the measurements.
        prepare: `prepare(module, data)` runs once before training (data-dependent initialisation).
        callbacks: `callbacks(step)` gives callbacks for `fit`; see `gmcourse.training.schedules`.
        samples: `samples(trained, device)` gives pictures (N, C, H, W) in [0, 1] to look at on the way.
        half: keep the weights in float16, so that they fit into the package; what is measured is what is kept.
        mixed_precision: whether products may be computed in bfloat16. Not in flows: a log-determinant adds up
            thousands of small terms.
    """

    name: str
    model: str
    arguments: dict[str, Any]
    data: Callable[[torch.device], Data]
    step: Callable[[Any, torch.device], Step]
    steps: int
    batch_size: int
    measure: Callable[[Any, torch.device], Mapping[str, float]]
    described: str
    seed: int = 0
    trained: Callable[[Any], nn.Module] | None = None
    ship: bool = True
    prepare: Callable[[Any, Any], None] | None = None
    callbacks: Callable[[Any], list[Callback]] = field(default=lambda step: [])
    samples: Callable[[Any, torch.device], Tensor] | None = None
    half: bool = False
    mixed_precision: bool = False


def names() -> list[str]:
    """Every recipe there is."""
    return sorted(m.name for m in pkgutil.iter_modules(gmcourse.recipes.__path__) if m.name not in MACHINERY)


def find(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in names():
        raise ValueError(f"no recipe is called {name!r}; there are {', '.join(names())}")
    recipe: Recipe = importlib.import_module(f"gmcourse.recipes.{name}").RECIPE
    return recipe


def _hardware(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} thread(s)"


def _trained(recipe: Recipe, step: Any) -> nn.Module:
    if recipe.trained is not None:
        return recipe.trained(step)
    module: nn.Module = step.module if step.ema is None else step.ema.module
    return module


def _look(recipe: Recipe, step: Any, device: torch.device, path: Path, minutes: float) -> Callback:
    """A callback that draws samples of the model as it is, at the beginning and every few minutes."""
    drawn = -math.inf

    @torch.no_grad()
    def look(now: int, history: History) -> None:
        nonlocal drawn
        if time.monotonic() - drawn < 60 * minutes:
            return
        module = _trained(recipe, step)
        was_training = module.training
        pictures = recipe.samples(module.eval(), device)  # type: ignore[misc]
        module.train(was_training)
        write_atomically(path, as_png(pictures))
        drawn = time.monotonic()

    return look


def run(
    recipe: Recipe,
    *,
    device: str | None = None,
    steps: int | None = None,
    resume: bool = False,
    folder: Path = Path("runs"),
    publish: bool = True,
    minutes: float = 5.0,
    mixed_precision: bool = False,
) -> tuple[nn.Module, History]:
    """Train, measure, and (unless it was cut short) put the result into the zoo.

    Args:
        recipe: what to run.
        device: where; by default a GPU if there is one.
        steps: another number of steps than the recipe's; the manifest says how many were made.
        resume: go on from the last checkpoint in `folder`.
        folder: where checkpoints lie while training.
        publish: write the result into the zoo.
        minutes: between checkpoints, and between samples to look at (`folder/NAME.png`).
        mixed_precision: compute products in bfloat16.

    Returns:
        The trained module and its curves.

    Raises:
        ValueError: mixed precision where the recipe does not allow it.
    """
    if mixed_precision and not recipe.mixed_precision:
        raise ValueError(
            f"{recipe.name} is not safe in mixed precision; train it without (flows need float32 throughout)"
        )
    there = start(recipe.seed, processes.join(device) or device)
    first = processes.rank_and_world()[0] == 0  # the one that draws and publishes
    module_name, _, class_name = recipe.model.partition(":")
    module = getattr(importlib.import_module(module_name), class_name)(**recipe.arguments).to(there)
    data = recipe.data(there)
    if recipe.prepare is not None:
        recipe.prepare(module, data)
    step = recipe.step(module, there)
    callbacks = recipe.callbacks(step)
    if recipe.samples is not None and first:
        callbacks = [*callbacks, _look(recipe, step, there, folder / f"{recipe.name}.png", minutes)]
    with torch.autocast(there.type, torch.bfloat16, enabled=mixed_precision):
        history = fit(
            step,
            data,
            steps=recipe.steps if steps is None else steps,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            callbacks=callbacks,
            checkpoint=folder / f"{recipe.name}.safetensors",
            minutes=minutes,
            resume=resume,
        )
    trained = _trained(recipe, step).eval()
    if recipe.half:
        trained = trained.half().float()
    if publish and first and not history.interrupted:
        metrics = dict(recipe.measure(trained, there))
        zoo.save(
            recipe.name,
            trained,
            model=recipe.model,
            arguments=recipe.arguments,
            recipe=recipe.name,
            seed=recipe.seed,
            steps=recipe.steps if steps is None else steps,
            data=recipe.described,
            hardware=_hardware(there),
            hours=history.seconds / 3600,
            metrics=metrics,
            history=history,
            ship=recipe.ship,
            half=recipe.half,
        )
    return trained, history
