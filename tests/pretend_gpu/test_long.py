"""Every recipe, every lesson and every solved exercise on a GPU: what takes minutes, cut down."""

import json
import os
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt

from gmcourse import zoo
from gmcourse.exercises.judge import notebook
from gmcourse.metrics.perceptual import path_length
from gmcourse_recipes import running as recipes
from gmcourse_recipes.running import train
from tests.exercises import trial
from tests.exercises.both_ways import cell
from tests.pretend_gpu.real import gpu
from tests.pretend_gpu.small import little_data, short_training

# All recipes, lessons and solutions take more than ten minutes; `GMCOURSE_LONG=1` asks for them.
pytestmark = pytest.mark.skipif(not os.environ.get("GMCOURSE_LONG"), reason="long; set GMCOURSE_LONG=1")

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "notebooks" / "solutions"
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = [
    pytest.param(chapter, exercise.name, id=f"{name}: {exercise.name}")
    for name, chapter in notebook.chapters().items()
    for exercise in chapter.exercises
]
# cells that need all steps: this one draws or measures what they leave
WHOLE = {"07_glow": {15}}
SIDE_BY_SIDE = {
    "dcgan_digits",
    "gan_grid_literature",
    "gan_grid_remedies",
    "stylegan_contest_faces",
    "stylegan_contest_faces_64",
}  # the batch is of all runs
TRAIN = {"smile_by_skin": 2000, "dcgan_digits": 960}  # ten sets with some of each group; a batch of all runs


def few(generate, distance, start, end):
    return path_length(generate, distance, start[:8], end[:8])


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes.names())
def test_a_recipe_trains_two_steps_and_is_measured(name, tmp_path, monkeypatch):
    recipe = recipes.find(name)
    module = __import__(f"gmcourse_recipes.{name}", fromlist=["RECIPE"])
    monkeypatch.setattr("gmcourse_recipes.stylegan2_faces.path_length", few)
    if hasattr(module, "FITTED"):
        monkeypatch.setattr(module, "FITTED", 2)
        monkeypatch.setattr(module.faces, "fit", partial(module.faces.fit, steps=2))
        monkeypatch.setattr("gmcourse.data.faces.fitting.CANDIDATES", 6)
    if name == "pixelcnn_faces":  # 3,072 numbers, one after the other
        monkeypatch.setattr(
            module, "pictures_of", lambda model, n: torch.rand(n, 3, 32, 32, device=model.place.device)
        )
    # some measure on what is left after a thousand
    with (
        little_data(TRAIN.get(name, 100), 1010 if name in {"features", "dcgan_faces"} else 40),
        gpu() as device,
    ):
        if name not in SIDE_BY_SIDE:
            recipe = replace(recipe, batch_size=min(recipe.batch_size, 8))
        if name == "nice_faces":  # a normal of 400 directions is fitted to more than 400 faces
            recipe = replace(recipe, arguments=recipe.arguments | {"codes": 8})
        trained, history = train.run(recipe, device=str(device), steps=2, folder=tmp_path, minutes=0.0)
        assert {p.device.type for p in trained.parameters()} == {"cuda"}
        train.run(recipe, device=str(device), steps=3, folder=tmp_path, resume=True, extend=True, keep=False)
    assert history.seconds > 0
    assert zoo.manifest(name, own=True).metrics
    assert {p.device.type for p in zoo.load(name, own=True).parameters()} == {"cpu"}


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_the_cells_of_a_lesson_run(name, monkeypatch, capsys):
    monkeypatch.setenv("GMCOURSE_PROGRESS", "off")
    monkeypatch.setenv("GMCOURSE_STATIC", "1")
    monkeypatch.delenv("GMCOURSE_DATA", raising=False)
    monkeypatch.setattr(plt, "show", lambda *args, **kwargs: None)
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    space, failed = {}, {}
    with short_training() as training, gpu():
        for number, each in enumerate(cells):
            if each["cell_type"] != "code":
                continue
            training.whole = number in WHOLE.get(name, ())
            try:
                exec(compile("".join(each["source"]), f"{name}[{number}]", "exec"), space)
            except Exception:
                failed[number] = traceback.format_exc()
            plt.close("all")
    assert not failed, "\n".join(f"--- cell {number}\n{text}" for number, text in failed.items())


@pytest.mark.parametrize(("chapter", "exercise"), EXERCISES)
def test_a_solved_exercise_passes_its_check(chapter, exercise):
    """On a machine with a GPU; its inputs lie on the CPU there, too, and so does what it computes."""
    trial._set_up.cache_clear()  # it asks for the device
    with gpu():
        outcome = trial.attempt(chapter, exercise, cell(SOLUTIONS, chapter, exercise))
    trial._set_up.cache_clear()
    assert outcome.status == "passed", outcome.message
