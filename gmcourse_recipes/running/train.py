"""The one function that runs any recipe."""

import contextlib
import importlib
import math
import platform
import re
import subprocess
import time
from pathlib import Path

import torch
from torch import nn

from gmcourse import expect, processes, zoo
from gmcourse.reproducible import plain_defaults, start
from gmcourse.storage import ensure_writable, write_atomically
from gmcourse.training import Callback, History, Step, fit
from gmcourse.training.batches import Data
from gmcourse.viz.image_grid import as_png
from gmcourse.zoo.store import file_of
from gmcourse_recipes.running.recipe import Recipe


@plain_defaults()
def run(
    recipe: Recipe,
    *,
    device: str | None = None,
    steps: int | None = None,
    resume: bool = False,
    extend: bool = False,
    overwrite: bool = False,
    folder: str | Path = "runs",
    keep: bool = True,
    own: bool = False,
    minutes: float = 5.0,
    mixed_precision: bool = False,
) -> tuple[nn.Module, History]:
    """Train, measure, and (unless it was cut short) put the result among the models of one's own.

    Returns the trained module and its curves. Mixed precision (products in bfloat16) that the recipe does not allow,
    and a better model of one's own that is there, are a `ValueError`; a folder that will be needed and cannot be
    written is an `OSError`, before training begins. The device is by default a GPU, if there is one.

    Args:
        steps: another number of steps than the recipe's; the manifest says how many were made.
        resume: go on from the last checkpoint in `folder`, and with `extend` further than it was to go.
        overwrite: replace a model of one's own that had more steps, and without `resume` the last checkpoint.
        folder: where checkpoints lie while training.
        keep: measure the result and put it into `zoo.own_folder()`. The package's models are never touched.
        own: begin with a model of one's own where the recipe begins with one of the zoo.
        minutes: the time between checkpoints, and between samples to look at (`folder/NAME.png`).
    """
    if mixed_precision and not recipe.mixed_precision:
        raise ValueError(f"{recipe.name} is not safe in mixed precision; train it without (flows need float32)")
    steps = expect.whole("steps", recipe.steps if steps is None else steps, least=1 if keep else 0)
    folder = expect.path("folder", folder)
    _try_targets(recipe, steps, folder, keep, overwrite)
    place = start(recipe.seed, processes.join(device) or device)
    first = processes.rank_and_world()[0] == 0  # the one that draws and keeps
    module, data = _begun(recipe, place, own)
    step = recipe.step(module, place)
    callbacks = recipe.callbacks(step)
    if recipe.samples is not None and first:
        callbacks = [*callbacks, _look(recipe, step, place, folder, minutes)]
    with torch.autocast(place.type, torch.bfloat16, enabled=mixed_precision):
        history = fit(
            step,
            data,
            steps=steps,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            schedule=recipe.schedule,
            callbacks=callbacks,
            checkpoint=folder / f"{recipe.name}.safetensors",
            run=recipe.name,
            minutes=minutes,
            resume=resume,
            extend=extend,
            overwrite=overwrite and not resume,
        )
    trained = step.trained().eval()
    if recipe.half:
        trained = trained.half().float()
    if keep and first and not history.interrupted:
        _keep(recipe, trained, steps, place, history)
    return trained, history


def _try_targets(recipe: Recipe, steps: int, folder: Path, keep: bool, overwrite: bool) -> None:
    """Whatever will be written can be written, and replaces nothing that took more work."""
    kept = file_of(recipe.name, ".safetensors", own=True)  # which refuses a recipe that `find` gave no name
    checkpoint = folder / kept.name
    ensure_writable(checkpoint)
    if not keep:
        return
    if checkpoint.resolve() == kept.resolve():
        expect.refuse("folder", str(folder), "another one than that of your own models, where names are the same")
    ensure_writable(kept)
    if recipe.name in zoo.names(own=True) and not overwrite:
        made = zoo.manifest(recipe.name, own=True).steps
        if made > steps:
            raise ValueError(
                f"{zoo.where(recipe.name, own=True)} had {made} steps, and this run has {steps}; allow it with "
                "overwrite (--overwrite), or leave the result in the run's folder with keep=False (--no-keep)"
            )


def _begun(recipe: Recipe, device: torch.device, own: bool) -> tuple[nn.Module, Data]:
    """The module as training begins, and the data."""
    module_name, _, class_name = recipe.model.partition(":")
    module: nn.Module = getattr(importlib.import_module(module_name), class_name)(**recipe.arguments)
    module, data = module.to(device), recipe.data(device)
    if recipe.begins_with is not None:
        own = own and recipe.begins_with in zoo.names(own=True)
        recipe.begin(module, zoo.load(recipe.begins_with, device, own=own))
    if recipe.prepare is not None:
        with torch.no_grad():
            recipe.prepare(module, data)
    return module, data


def _look(recipe: Recipe, step: Step, device: torch.device, folder: Path, minutes: float) -> Callback:
    """A callback that draws samples of the model as it is, at the beginning and every few minutes."""
    drawn = -math.inf

    def look(now: int, history: History) -> None:
        nonlocal drawn
        if time.monotonic() - drawn < 60 * minutes:
            return
        module = step.trained()
        was_training = module.training
        pictures = _samples(recipe, module.eval(), device)
        module.train(was_training)
        if pictures is not None:
            with contextlib.suppress(OSError):  # a picture ends no run; the checkpoint tells of a full disk
                write_atomically(folder / f"{recipe.name}.png", pictures)
        drawn = time.monotonic()

    return look


@torch.no_grad()
def _samples(recipe: Recipe, module: nn.Module, device: torch.device) -> bytes | None:
    if recipe.samples is None:
        return None
    with torch.random.fork_rng():  # looking changes nothing of the training
        torch.manual_seed(0)
        return as_png(recipe.samples(module, device))


def _keep(recipe: Recipe, trained: nn.Module, steps: int, device: torch.device, history: History) -> None:
    """Measure, and save among the models of one's own."""
    described = zoo.Manifest(
        name=recipe.name,
        model=recipe.model,
        arguments=recipe.arguments,
        recipe=recipe.made_by or recipe.name,
        seed=recipe.seed,
        steps=steps,
        data=recipe.described,
        hardware=hardware(device),
        hours=round(history.seconds / 3600, 3),
        metrics=measured(recipe, trained, device),
    )
    zoo.save(described, trained, history=history, samples=_samples(recipe, trained, device), half=recipe.half)


@torch.no_grad()
def measured(recipe: Recipe, trained: nn.Module, device: torch.device) -> dict[str, float]:
    """What the recipe measures, as a manifest holds it."""
    return {name: float(value) for name, value in recipe.measure(trained, device).items()}


def hardware(device: torch.device) -> str:
    """Name the GPU, or the processor as far as the system knows it, and how many threads torch uses."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name, brand = platform.processor(), ["sysctl", "-n", "machdep.cpu.brand_string"]
    with contextlib.suppress(OSError):  # a name ends no run
        if platform.system() == "Darwin":
            name = subprocess.run(brand, capture_output=True, text=True, check=False).stdout.strip()
        elif found := re.search(r"(?m)^model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8")):
            name = found[1]
    return f"{platform.machine()} CPU{f' ({name})' if name else ''}, {torch.get_num_threads()} thread(s)"
