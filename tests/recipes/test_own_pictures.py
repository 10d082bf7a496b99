"""The recipes of the VAE, the DCGAN and Glow on a folder of one's own."""

import math
import os
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from gmcourse import doctor, zoo
from gmcourse.__main__ import main
from gmcourse.data import folder, load
from gmcourse_recipes import running
from gmcourse_recipes.running import fitted_priors, own_pictures, train
from tests.names import hostile

NAMES = ("vae_faces", "dcgan_faces", "glow_faces")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "user_cache_path", lambda *_, **__: tmp_path / "cache")


def fill(root, count):
    """Pictures of a bright and a dark half each, with a little noise."""
    root.mkdir(exist_ok=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 60, (40, 48, 3), dtype=np.uint8)
        pixels[: 10 + number % 20] += 150
        Image.fromarray(pixels).save(root / f"{number}.png")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_ones_own_pictures(name, tmp_path, monkeypatch, capsys, own_zoo):
    root = fill(tmp_path / "my cats' pictures", 200)
    (root / "notes.txt").write_text("no picture")
    asked = []
    monkeypatch.setattr(
        running.own_pictures, "load", lambda *given, **more: asked.append(given[1]) or load(*given, **more)
    )
    short = partial(fitted_priors.fitted_flow, steps=20)  # its numbers are looked at in test_fitted_priors.py
    monkeypatch.setattr(fitted_priors, "fitted_flow", short)
    words = ["train", name, "--data", f"folder={root}", "--steps", "2", "--device", "cpu"]
    with pytest.warns(UserWarning, match=r"200 pictures; no picture came from 1 files: notes.txt"):
        assert main([*words, "--folder", str(tmp_path / "runs")]) == 0
    assert asked == ["train", "test"], "each part is read once"
    mine = f"{name.removesuffix('_faces')}_my_cats_pictures"
    assert f'zoo.load("{mine}", own=True)' in capsys.readouterr().out
    made = zoo.manifest(mine, own=True)
    assert (made.recipe, made.steps) == (f"{name} --data folder=PATH", 2)
    assert set(made.metrics) == set(zoo.manifest(name).metrics)
    assert all(math.isfinite(value) for value in made.metrics.values())
    (root / "notes.txt").unlink()
    seen, held_out = (len(load("folder", split, root=root)) for split in ("train", "test"))
    assert made.data == f"{seen} pictures of 32×32 pixels from {root}, {held_out} more held out"
    assert Image.open(own_zoo / f"{mine}.png").size > (32, 32)
    with torch.no_grad():
        assert zoo.load(mine, own=True).sample(3).shape == (3, 3, 32, 32)


def test_a_grey_model_gets_grey_pictures_of_its_size(tmp_path):
    recipe = running.find("vae_faces")
    recipe = replace(recipe, arguments=recipe.arguments | {"shape": [1, 16, 16]})
    data = own_pictures.with_folder(recipe, fill(tmp_path / "a", 200)).data(torch.device("cpu"))
    assert tuple(data.shape[1:]) == (1, 16, 16)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vae_faces", "--data", "folder={few}"], "with 199 pictures; expected at least 200"),
        (["vae_faces", "--data", "folder={few}/none"], "root is .*none; expected a folder that is there"),
        (["vae_faces", "--data", "folder="], "--data is 'folder='; expected folder=PATH"),
        (["vae_faces", "--data", "{few}"], "expected folder=PATH"),
        (
            ["nice_mnist", "--data", "folder={few}"],
            "dcgan_faces, diffusion_faces, flow_matching_faces, glow_faces",
        ),
    ],
)
def test_clear_errors(words, said, tmp_path, capsys):
    few = fill(tmp_path / "few", 199)
    assert main(["train", *(word.format(few=few) for word in words), "--steps", "2"]) == 2
    assert re.search(said, capsys.readouterr().err)


@pytest.mark.slow
def test_folders_of_any_name(tmp_path, capsys):
    names = hostile(tmp_path)
    root = fill(tmp_path / "pictures", 200)
    for name in names:
        root = root.rename(tmp_path / name)
        described = own_pictures.with_folder(running.find("glow_faces"), root)
        zoo.store.file_of(described.name, ".safetensors", own=True)
        described.described.encode("utf-8")
    target = tmp_path / "runs" / os.fsdecode(b"\xff \x1b<script>")
    words = ["train", "glow_faces", "--data", f"folder={root}", "--steps", "2", "--device", "cpu"]
    assert main([*words, "--folder", str(target)]) == 0
    assert main([*words, "--folder", str(target), "--steps", "3", "--resume", "--extend"]) == 0
    assert not set(capsys.readouterr().out) & set("\x1b\udcff")


@pytest.mark.slow
def test_a_zoo_of_ones_own_in_a_folder_of_any_name(tmp_path, monkeypatch, capsys):
    model = zoo.load("plane_nice_moons")
    made = replace(zoo.manifest("plane_nice_moons"), data=os.fsdecode(b"from \xff"))
    monkeypatch.setattr(doctor, "core_speed", lambda: 100.0)  # measured once is enough, in test_doctor.py
    for name in hostile(tmp_path):
        monkeypatch.setenv("GMCOURSE_ZOO", str(tmp_path / name))
        zoo.save(made, model)
        zoo.load(made.name, own=True)
        (tmp_path / name / "broken.manifest.json").write_text("{")
        assert main(["zoo"]) == main(["zoo", made.name, "--own"]) == 0
        assert main(["doctor", "--no-kernel"]) in (0, 1)
        assert zoo.manifest(made.name, own=True) == zoo.manifest(made.name, own=tmp_path / name)
        said = capsys.readouterr()
        assert not set(said.out + said.err) & set("\x1b\x07\u202e\udcff")


@pytest.mark.parametrize("name", NAMES)
def test_looking_draws_the_same_latents_and_leaves_the_generator_alone(name):
    recipe, model = running.find(name), zoo.load(name)
    before = torch.get_rng_state()
    pictures = [train._samples(recipe, model, torch.device("cpu")) for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_nothing_is_kept_of_a_training_without_steps(own_zoo, tmp_path, capsys):
    words = ["train", "vae_digits_2d", "--steps", "0", "--device", "cpu", "--folder", str(tmp_path)]
    assert main(words) == 2
    assert "steps is 0; expected a whole number ≥ 1" in capsys.readouterr().err
    assert not list(own_zoo.glob("*.manifest.json"))
