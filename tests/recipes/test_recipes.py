"""Recipes: each builds, steps and measures; a run that is killed goes on bit for bit."""

from dataclasses import replace

import pytest
import torch

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.recipes import recipe as recipes
from gmcourse.zoo import store


def test_unknown_recipes(capsys):
    with pytest.raises(ValueError, match="no recipe is called 'x'; there are"):
        recipes.find("x")
    assert main(["train", "x"]) == 2


@pytest.mark.parametrize("name", recipes.names())
def test_each_recipe_names_itself_and_its_model(name):
    recipe = recipes.find(name)
    assert recipe.name == name
    assert recipe.model.startswith("gmcourse.models.")


def test_what_the_zoo_ships_has_a_recipe():
    assert {zoo.manifest(name).recipe for name in zoo.names()} <= set(recipes.names())


def test_training_measuring_and_publishing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store, "WEIGHTS", tmp_path / "zoo")
    monkeypatch.setattr(
        store.save, "__kwdefaults__", store.save.__kwdefaults__ | {"folder": tmp_path / "zoo"}
    )
    run = ["train", "vae_digits_2d", "--steps", "30", "--device", "cpu", "--folder", str(tmp_path)]
    assert main(run) == 0
    assert "done after" in capsys.readouterr().out
    assert zoo.manifest("vae_digits_2d").steps == 30
    assert zoo.load("vae_digits_2d").sample(2).shape == (2, 1, 8, 8)


def test_a_resumed_run_has_the_same_bits(tmp_path):
    recipe = recipes.find("vae_digits_2d")

    def weights(steps, folder, resume=False):
        module, _ = recipes.run(
            recipe, device="cpu", steps=steps, folder=folder, resume=resume, publish=False
        )
        return torch.cat([p.detach().flatten() for p in module.parameters()])

    whole = weights(20, tmp_path / "a")
    weights(8, tmp_path / "b")
    assert torch.equal(whole, weights(20, tmp_path / "b", resume=True))


def test_the_average_is_what_is_kept():
    from gmcourse.training import EMA, Minimize

    module = torch.nn.Linear(2, 1)
    step = Minimize(lambda b: b.sum(), module, torch.optim.SGD(module.parameters()), ema=EMA(module))
    recipe = recipes.find("vae_digits_2d")
    assert recipes._trained(recipe, step) is step.ema.module
    assert recipes._trained(replace(recipe, trained=lambda s: s.module), step) is module


def test_samples_on_the_way_and_mixed_precision(tmp_path):
    plain = recipes.find("vae_digits_2d")
    recipe = replace(plain, samples=lambda module, device: module.sample(4), mixed_precision=True)
    module, _ = recipes.run(
        recipe, device="cpu", steps=3, folder=tmp_path, publish=False, mixed_precision=True
    )
    assert (tmp_path / "vae_digits_2d.png").read_bytes().startswith(b"\x89PNG")
    assert next(module.parameters()).dtype == torch.float32
    with pytest.raises(ValueError, match="not safe in mixed precision"):
        recipes.run(plain, folder=tmp_path, mixed_precision=True)


def test_looking_changes_nothing(tmp_path):
    plain = recipes.find("vae_digits_2d")
    looking = replace(plain, samples=lambda module, device: module.sample(4))
    ends = [
        recipes.run(recipe, device="cpu", steps=5, folder=tmp_path / str(i), publish=False, minutes=0)[0]
        for i, recipe in enumerate((plain, looking))
    ]
    for a, b in zip(*(end.parameters() for end in ends), strict=True):
        assert torch.equal(a, b)
