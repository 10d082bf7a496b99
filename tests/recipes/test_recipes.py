"""Recipes: each builds, steps and measures; a run that is killed goes on bit for bit."""

import hashlib
import shutil
from dataclasses import replace
from functools import partial

import pytest
import torch

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.data import load
from gmcourse.models.nice import NICE
from gmcourse.training import EMA, History, Minimize, schedules
from gmcourse.zoo import store
from gmcourse_recipes import running as recipes
from gmcourse_recipes.running import train, validation
from tests.conftest import stop_after


def test_unknown_recipes(capsys):
    with pytest.raises(ValueError, match="no recipe is called 'x'; expected one of"):
        recipes.find("x")
    assert main(["train", "x"]) == 2


@pytest.mark.parametrize("name", recipes.names())
def test_each_recipe_has_the_name_of_its_module_and_says_its_model(name):
    recipe = recipes.find(name)
    assert recipe.name == name
    assert recipe.model.startswith(("gmcourse.models.", "gmcourse.experiments."))


def test_a_recipe_without_a_name_is_not_run(tmp_path):
    with pytest.raises(ValueError, match="name is ''"):
        train.run(replace(recipes.find("vae_digits_2d"), name=""), device="cpu", keep=False, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_quick_parameters_learn_ten_times_as_fast():
    small = NICE(6, hidden=(4,))
    groups = recipes.find("nice_mnist_paper").step(small, torch.device("cpu")).optimizers[0].param_groups
    assert [group["lr"] for group in groups] == [1e-3, 1e-2]
    assert [group["weight_decay"] for group in groups] == [0.2, 0.0]
    assert groups[1]["params"] == [small.scale.log_scale]
    assert sum(len(group["params"]) for group in groups) == len(list(small.parameters()))


def test_checkpoints_do_not_lie_among_the_own_models(own_zoo, capsys):
    """Both files have the same name: at its end a run would write its weights over its checkpoint."""
    assert main(["train", "vae_digits_2d", "--steps", "3", "--device", "cpu", "--folder", str(own_zoo)]) == 2
    assert "folder is" in (said := capsys.readouterr().err)
    assert "another one than that of your own models" in said
    assert not list(own_zoo.iterdir())


def test_the_validation_curve_has_the_same_noise_each_time():
    history = History()
    look = validation(lambda: torch.rand(()), 3)
    for now in range(7):
        look(now, history)
    steps, values = history.curve("validation")
    assert steps == [2, 5]
    assert values[0] == values[1]


def test_what_the_zoo_ships_has_a_recipe():
    assert {zoo.manifest(name).recipe for name in zoo.names()} <= set(recipes.names())


def digest_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def command(folder, *more):
    return main(["train", "vae_digits_2d", "--device", "cpu", "--folder", str(folder / "runs"), *more])


def test_training_touches_no_model_of_the_package(tmp_path, monkeypatch, capsys, own_zoo):
    monkeypatch.setattr(store, "WEIGHTS", shutil.copytree(store.WEIGHTS, tmp_path / "weights"))
    before = digest_of(store.WEIGHTS)
    assert command(tmp_path, "--steps", "30") == 0
    told = capsys.readouterr().out
    assert "done after" in told
    assert f"Your model is in {own_zoo}" in told
    assert digest_of(store.WEIGHTS) == before
    assert zoo.manifest("vae_digits_2d").steps == 6000
    mine = zoo.manifest("vae_digits_2d", own=True)
    assert (mine.steps, mine.seed) == (30, 0)
    assert zoo.load("vae_digits_2d", own=True).sample(2).shape == (2, 1, 8, 8)
    assert main(["doctor", "--no-kernel"]) in (0, 1)
    told = capsys.readouterr().out
    shipped = sum(bool(zoo.manifest(name).sha256) for name in zoo.names())
    assert f"{shipped} models, as they were published" in told
    assert "vae_digits_2d of your own: 30 steps" in told


def test_a_model_of_more_steps_is_replaced_only_when_asked(tmp_path, capsys):
    assert command(tmp_path / "a", "--steps", "4") == 0
    assert command(tmp_path / "b", "--steps", "3") == 2
    assert "had 4 steps, and this run has 3; allow it with overwrite" in capsys.readouterr().err
    assert not list((tmp_path / "b" / "runs").iterdir()), "refused before the work"
    assert command(tmp_path / "b", "--steps", "3", "--no-keep") == 0
    assert zoo.manifest("vae_digits_2d", own=True).steps == 4
    assert command(tmp_path / "c", "--steps", "3", "--overwrite") == 0
    assert zoo.manifest("vae_digits_2d", own=True).steps == 3


@pytest.mark.parametrize("which", ["runs", "zoo"])
def test_a_target_that_cannot_be_written_is_found_before_the_work(tmp_path, monkeypatch, capsys, which):
    """A file where a folder should be stops everyone, the administrator too."""
    (tmp_path / "file").write_text("")
    recipe = recipes.find("vae_digits_2d")
    monkeypatch.setenv("GMCOURSE_ZOO", str(tmp_path / ("zoo" if which == "runs" else "file") / "zoo"))
    folder = tmp_path / ("file" if which == "runs" else "runs") / "inner"
    began = []
    never = replace(recipe, data=lambda device: began.append(device))
    with pytest.raises(OSError, match="cannot be written"):
        train.run(never, device="cpu", steps=1, folder=folder)
    assert not began


def test_the_folder_for_checkpoints_is_a_folder(tmp_path, capsys, monkeypatch):
    """An empty one was the working folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["train", "vae_digits_2d", "--folder", "", "--steps", "1", "--no-keep"]) == 2
    assert "folder is ''; expected a path" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("own", [False, True])
def test_where_training_begins(tmp_path, own):
    """Without a step what is trained is what it began with: the package's model, unless one's own is asked for."""
    vae = recipes.find("vae_digits_2d")
    train.run(vae, device="cpu", steps=1, folder=tmp_path / "first")
    other = replace(vae, name="other", begins_with="vae_digits_2d")
    found, _ = train.run(other, device="cpu", steps=0, folder=tmp_path, own=own, keep=False)
    expected = zoo.load("vae_digits_2d", own=own).state_dict()
    for name, value in found.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_help_lists_what_each_takes(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = capsys.readouterr().out
    for name in recipes.names():
        (line,) = (line for line in told.splitlines() if line.startswith(f"{name} "))
        assert len(line.split(maxsplit=4)) == 5


@pytest.mark.parametrize("schedule", [None, schedules.cosine, schedules.linear_decay])
def test_a_resumed_run_has_the_same_bits(tmp_path, schedule):
    recipe = replace(recipes.find("vae_digits_2d"), schedule=schedule)
    stopped = replace(recipe, callbacks=lambda step: [stop_after(8)])

    def weights(recipe, folder, resume=False):
        module, _ = train.run(recipe, device="cpu", steps=20, folder=folder, resume=resume, keep=False)
        return torch.cat([p.detach().flatten() for p in module.parameters()])

    whole = weights(recipe, tmp_path / "a")
    weights(stopped, tmp_path / "b")
    assert torch.equal(whole, weights(recipe, tmp_path / "b", resume=True))


def test_a_second_run_goes_on_or_overwrites_only_when_told_to(tmp_path, capsys):
    run = ["train", "vae_digits_2d", "--device", "cpu", "--folder", str(tmp_path), "--no-keep"]
    assert main([*run, "--steps", "3"]) == 0
    assert main([*run, "--steps", "3"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*run, "--steps", "5", "--resume"]) == 2
    assert "of a run of 3 steps, 3 of them done, but this run has 5" in capsys.readouterr().err
    assert main([*run, "--steps", "5", "--resume", "--extend"]) == 0
    assert main([*run, "--steps", "2", "--overwrite"]) == 0


def test_the_checkpoint_of_another_recipe_is_refused_under_any_name(tmp_path, capsys):
    """Two recipes that differ in their loss only have the same tensors: the other's model was kept as one's own."""
    run = ["--device", "cpu", "--folder", str(tmp_path), "--no-keep", "--steps", "3"]
    assert main(["train", "vae_digits_2d", *run]) == 0
    (tmp_path / "vae_digits_2d.safetensors").rename(tmp_path / "vae_digits_2d_beta_4.safetensors")
    assert main(["train", "vae_digits_2d_beta_4", *run, "--resume"]) == 2
    assert "run = 'vae_digits_2d', but this run has 'vae_digits_2d_beta_4'" in capsys.readouterr().err


def test_the_average_is_what_is_kept():
    module = torch.nn.Linear(2, 1)
    sgd = torch.optim.SGD(module.parameters())
    step = Minimize(lambda b: b.sum(), module, sgd, ema=EMA(module))
    assert step.trained() is step.ema.module
    assert Minimize(lambda b: b.sum(), module, sgd).trained() is module


def test_samples_on_the_way_and_mixed_precision(tmp_path):
    plain = recipes.find("vae_digits_2d")
    recipe = replace(plain, samples=lambda module, device: module.sample(4), mixed_precision=True)
    module, _ = train.run(recipe, device="cpu", steps=3, folder=tmp_path, keep=False, mixed_precision=True)
    assert (tmp_path / "vae_digits_2d.png").read_bytes().startswith(b"\x89PNG")
    assert next(module.parameters()).dtype == torch.float32
    with pytest.raises(ValueError, match="not safe in mixed precision"):
        train.run(plain, folder=tmp_path, mixed_precision=True)


def test_looking_changes_nothing(tmp_path):
    plain = recipes.find("vae_digits_2d")
    looking = replace(plain, samples=lambda module, device: module.sample(4))
    ends = [
        train.run(recipe, device="cpu", steps=5, folder=tmp_path / str(i), keep=False, minutes=0)[0]
        for i, recipe in enumerate((plain, looking))
    ]
    for a, b in zip(*(end.parameters() for end in ends), strict=True):
        assert torch.equal(a, b)


def test_a_picture_to_look_at_ends_no_run(tmp_path):
    (tmp_path / "vae_digits_2d.png").mkdir()  # so that it cannot be written
    looking = replace(recipes.find("vae_digits_2d"), samples=lambda module, device: module.sample(4))
    _, history = train.run(looking, device="cpu", steps=3, folder=tmp_path, keep=False, minutes=0)
    assert len(history["loss"]) == 3


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
    train.run(looking, device="cpu", steps=3, folder=tmp_path / "0", keep=False, minutes=0)
    assert trained_in == [True] * 3
    assert looked_at == [(True, False)] * 3
    looked_at.clear()
    train.run(looking, device="cpu", steps=3, folder=tmp_path, keep=False, minutes=5)
    assert len(looked_at) == 1, "at the beginning, and then not before five minutes are over"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", ["vae_digits_2d", "dcgan_faces", "made_digits_random"])
def test_a_recipe_trains_in_float32_whatever_the_default_is(tmp_path, name, dtype):
    """Its data lie in float32, and a model is built in the default: the two would not fit."""
    few = (partial(load, "faces", n=8),) if name == "dcgan_faces" else ()  # to draw ten thousand takes seconds
    recipe = replace(recipes.find(name), batch_size=4, data=lambda device: recipes.find(name).data(device, *few)[:8])
    torch.set_default_dtype(dtype)
    try:
        module, _ = train.run(recipe, device="cpu", steps=1, folder=tmp_path, keep=False)
        assert torch.get_default_dtype() == dtype
    finally:
        torch.set_default_dtype(torch.float32)
    assert {p.dtype for p in module.parameters()} == {torch.float32}


def test_half_weights_are_what_is_measured_what_is_given_back_and_what_is_kept(tmp_path, own_zoo):
    measured = {}

    def measure(module, device):
        measured.update({name: value.clone() for name, value in module.state_dict().items()})
        return {"nothing": 0.0}

    plain = replace(recipes.find("vae_digits_2d"), measure=measure)
    whole, _ = train.run(plain, device="cpu", steps=3, folder=tmp_path)
    size = (own_zoo / "vae_digits_2d.safetensors").stat().st_size
    exact = {name: value.clone() for name, value in whole.state_dict().items()}
    half, _ = train.run(replace(plain, half=True), device="cpu", steps=3, folder=tmp_path / "half")
    assert (own_zoo / "vae_digits_2d.safetensors").stat().st_size < 0.55 * size
    kept = zoo.load("vae_digits_2d", own=True).state_dict()
    for name, value in exact.items():
        rounded = value.half().float()
        for found in (half.state_dict()[name], measured[name], kept[name]):
            assert found.dtype == torch.float32
            assert torch.equal(found, rounded), name
    assert any(not torch.equal(value, value.half().float()) for value in exact.values())
