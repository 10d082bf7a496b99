"""Recipes: each builds, steps and measures; a run that is killed goes on bit for bit."""

from dataclasses import replace

import pytest
import torch

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.recipes import recipe as recipes
from gmcourse.training import EMA, Minimize, schedules
from gmcourse.zoo import store


def test_unknown_recipes(capsys):
    with pytest.raises(ValueError, match="no recipe is called 'x'; there are"):
        recipes.find("x")
    assert main(["train", "x"]) == 2


@pytest.mark.parametrize("name", recipes.names())
def test_each_recipe_names_itself_and_its_model(name):
    recipe = recipes.find(name)
    assert recipe.name == name
    assert recipe.model.startswith(("gmcourse.models.", "gmcourse.experiments."))


def test_what_the_zoo_ships_has_a_recipe():
    assert {zoo.manifest(name).recipe for name in zoo.names()} <= set(recipes.names())


def test_training_measuring_and_publishing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store, "WEIGHTS", tmp_path / "zoo")
    run = ["train", "vae_digits_2d", "--steps", "30", "--device", "cpu", "--folder", str(tmp_path)]
    assert main(run) == 0
    assert "done after" in capsys.readouterr().out
    assert zoo.manifest("vae_digits_2d").steps == 30
    assert zoo.load("vae_digits_2d").sample(2).shape == (2, 1, 8, 8)


@pytest.mark.parametrize(
    "callbacks",
    [
        lambda step: [],
        lambda step: [schedules.cosine(step.optimizer, 20)],
        lambda step: [schedules.straight_down([step.optimizer], 20)],
    ],
    ids=["constant", "cosine", "straight down"],
)
def test_a_resumed_run_has_the_same_bits(tmp_path, callbacks):
    recipe = replace(recipes.find("vae_digits_2d"), callbacks=callbacks)

    def weights(steps, folder, resume=False):
        module, _ = recipes.run(
            recipe, device="cpu", steps=steps, folder=folder, resume=resume, publish=False
        )
        return torch.cat([p.detach().flatten() for p in module.parameters()])

    whole = weights(20, tmp_path / "a")
    weights(8, tmp_path / "b")
    assert torch.equal(whole, weights(20, tmp_path / "b", resume=True))


def test_the_average_is_what_is_kept():
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


@pytest.mark.parametrize("averaged", [True, False])
def test_looking_sees_what_will_be_kept_and_training_does_not_notice(tmp_path, averaged):
    """Layers such as dropout know two modes: samples are drawn in one, and every step is made in the other."""
    trained_in, looked_at, made = [], [], []

    def step(module, device):
        def loss(x):
            trained_in.append(module.training)
            return module.loss(x)

        optimizer = torch.optim.SGD(module.parameters(), 1e-3)
        made.append(Minimize(loss, module, optimizer, ema=EMA(module) if averaged else None))
        return made[-1]

    def samples(module, device):
        looked_at.append((module is (made[-1].ema or made[-1]).module, module.training))
        return module.sample(4)

    looking = replace(recipes.find("vae_digits_2d"), step=step, samples=samples)
    recipes.run(looking, device="cpu", steps=3, folder=tmp_path, publish=False, minutes=0)
    assert trained_in == [True] * 3
    assert looked_at == [(True, False)] * 3
    looked_at.clear()
    recipes.run(looking, device="cpu", steps=3, folder=tmp_path, publish=False, minutes=5)
    assert len(looked_at) == 1, "at the beginning, and then not before five minutes are over"


def test_half_weights_are_what_is_measured_what_is_given_back_and_what_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "WEIGHTS", tmp_path / "zoo")
    measured = {}

    def measure(module, device):
        measured.update({name: value.clone() for name, value in module.state_dict().items()})
        return {"nothing": 0.0}

    plain = replace(recipes.find("vae_digits_2d"), measure=measure)
    whole, _ = recipes.run(plain, device="cpu", steps=3, folder=tmp_path)
    size = (tmp_path / "zoo" / "vae_digits_2d.safetensors").stat().st_size
    exact = {name: value.clone() for name, value in whole.state_dict().items()}
    half, _ = recipes.run(replace(plain, half=True), device="cpu", steps=3, folder=tmp_path)
    assert (tmp_path / "zoo" / "vae_digits_2d.safetensors").stat().st_size < 0.55 * size
    kept = zoo.load("vae_digits_2d").state_dict()
    for name, value in exact.items():
        rounded = value.half().float()
        for found in (half.state_dict()[name], measured[name], kept[name]):
            assert found.dtype == torch.float32
            assert torch.equal(found, rounded), name
    assert any(not torch.equal(value, value.half().float()) for value in exact.values())
