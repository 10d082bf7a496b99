"""A checkpoint never becomes worse, shorter, or that of another run."""

import errno

import pytest
import torch
from torch import nn

from gmcourse import storage
from gmcourse.training import EMA, Diverged, History, Minimize, fit, load_checkpoint, save_checkpoint
from gmcourse.training.schedules import linear_decay
from tests.conftest import stop_after
from tests.training.test_loop import bits, make_step


def test_a_checkpoint_of_another_run_or_model_is_refused(data, tmp_path):
    path = tmp_path / "run.safetensors"
    fit(make_step(), data, steps=2, batch_size=8, checkpoint=path, progress=False)
    kept, options = path.read_bytes(), {"steps": 2, "checkpoint": path, "resume": True, "progress": False}
    with pytest.raises(ValueError, match="seed = 0, but this run has 1"):
        fit(make_step(), data, batch_size=8, seed=1, **options)
    with pytest.raises(ValueError, match="batch_size = 8, but this run has 4"):
        fit(make_step(), data, batch_size=4, **options)
    with pytest.raises(ValueError, match="samples = 50, but this run has 49"):
        fit(make_step(), (data[0][:49], data[1][:49]), batch_size=8, **options)
    with pytest.raises(ValueError, match="run = '', but this run has 'vae'"):
        fit(make_step(), data, batch_size=8, run="vae", **options)
    module = nn.Linear(4, 2)
    for ema in (None, EMA(module)):
        other = Minimize(lambda b: b.sum(), module, torch.optim.SGD(module.parameters(), lr=1.0), ema=ema)
        with pytest.raises(ValueError, match="another model"):
            fit(other, data, batch_size=8, **options)
    assert path.read_bytes() == kept
    older = load_checkpoint(path)
    del older["run"]
    save_checkpoint(path, older)
    fit(make_step(), data, batch_size=8, run="vae", **options)
    save_checkpoint(path, {"x": 1})
    with pytest.raises(ValueError, match=r"no checkpoint of `fit`: it has no 'steps'"):
        fit(make_step(), data, batch_size=8, **options)


def test_a_run_goes_on_with_the_same_average_and_the_same_optimiser(data, tmp_path):
    """Else the average would be gone from the next checkpoint, or the optimiser would find no memory of its own."""
    path = tmp_path / "run.safetensors"
    fit(make_step(), data, steps=2, batch_size=8, checkpoint=path, progress=False)
    kept, options = path.read_bytes(), {"steps": 3, "resume": True, "extend": True, "progress": False}
    for change, said in [
        ({"ema": None}, "do not both have ema"),
        ({"optimizer": torch.optim.SGD}, "only one of the two optimisers has .*betas"),
        ({"optimizer": torch.optim.RMSprop}, "only one of the two optimisers has alpha"),
        ({"optimizer": torch.optim.Adamax}, "only one of the two optimisers has amsgrad"),
    ]:
        step = make_step()
        step.ema = change.get("ema", step.ema)
        step.optimizer = change.get("optimizer", torch.optim.Adam)(step.module.parameters(), lr=1e-2)
        with pytest.raises(ValueError, match=f"another model or optimiser: .*{said}"):
            fit(step, data, batch_size=8, checkpoint=path, **options)
        assert path.read_bytes() == kept
    fit(make_step(), data, batch_size=8, checkpoint=path, schedule=linear_decay, **options)


def test_a_checkpoint_never_becomes_shorter(data, tmp_path):
    path = tmp_path / "run.safetensors"

    def run(steps, after=None, **options):
        step = make_step()
        more = {"callbacks": [stop_after(after)], "checkpoint": path, "progress": False, "minutes": 0}
        fit(step, data, steps=steps, batch_size=8, schedule=linear_decay, **more, **options)
        return step

    run(30, after=13)
    kept = path.read_bytes()
    for wrong, said in [
        ({"steps": 30}, "there is a checkpoint at .* already; go on from it with resume=True"),
        ({"steps": 10, "resume": True}, "a run of 30 steps, 13 of them done, but this run has 10"),
        ({"steps": 20, "resume": True}, "a run of 30 steps, 13 of them done, but this run has 20"),
        ({"steps": 40, "resume": True}, r"but this run has 40.*larger number and extend=True \(--extend\)"),
        ({"steps": 20, "resume": True, "extend": True}, "but this run has 20"),
        ({"steps": 40, "extend": True}, "extend belongs to resume"),
        ({"steps": 30, "resume": True, "overwrite": True}, "overwrite to a run without it"),
    ]:
        with pytest.raises(ValueError, match=said):
            run(**wrong)
        assert path.read_bytes() == kept
    whole = run(30, resume=True)
    finished = path.read_bytes()
    assert torch.equal(bits(run(30, resume=True)), bits(whole)), "a finished run is loaded"
    assert path.read_bytes() == finished, "and not written again"
    run(40, resume=True, extend=True)
    assert [load_checkpoint(path)[name] for name in ("step", "steps")] == [40, 40]
    run(5, overwrite=True)
    assert [load_checkpoint(path)[name] for name in ("step", "steps")] == [5, 5]


def test_a_checkpoint_that_cannot_be_written_is_said_before_the_first_step(data, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    step = make_step()
    before = bits(step)
    for path, said in ((tmp_path / "file" / "run", "cannot be written"), (tmp_path, "is a folder")):
        with pytest.raises(OSError, match=said):
            fit(step, data, steps=2, batch_size=8, checkpoint=path, progress=False)
    assert torch.equal(bits(step), before)


def run_with(data, path, **options):
    return fit(make_step(), data, steps=6, batch_size=8, checkpoint=path, minutes=0, progress=False, **options)


@pytest.mark.parametrize("error", [KeyError("a column"), KeyboardInterrupt()])
@pytest.mark.parametrize("whose", ["the data", "a callback"])
def test_what_others_raise_between_two_steps_loses_no_work(data, tmp_path, whose, error):
    """It lost up to five minutes: the run ended with nothing saved since the last checkpoint."""
    path, drawn = tmp_path / "run.safetensors", []

    def draw(generator, batch_size):
        drawn.append(batch_size)
        if whose == "the data" and len(drawn) == 4:
            raise error
        return data[0][:batch_size], data[1][:batch_size]

    def callback(step, history):
        if whose == "a callback" and step == 2:
            raise error

    options = {"steps": 6, "batch_size": 8, "checkpoint": path, "progress": False}
    with pytest.raises(type(error)):
        fit(make_step(), draw, callbacks=[callback], **options)
    saved = load_checkpoint(path)
    assert saved["step"] == 3
    assert len(History.from_json(saved["history"])["loss"]) == 3


def test_a_run_that_fails_at_once_replaces_nothing(data, tmp_path):
    """A checkpoint of 0 steps took the place of the one that was there, or was in the way of the next try."""
    path = tmp_path / "run.safetensors"
    run_with(data, path)
    kept = path.read_bytes()
    for spoilt in (lambda generator, size: {}[size], (data[0] * float("nan"), data[1])):
        with pytest.raises((KeyError, Diverged)):
            run_with(spoilt, path, overwrite=True)
        assert path.read_bytes() == kept


def test_two_runs_at_once_do_not_write_over_each_other(data, tmp_path):
    path = tmp_path / "run.safetensors"

    def other(step, history):
        if step == 3:
            path.unlink()  # else it would be refused before its first step
            fit(make_step(), data, steps=9, batch_size=8, checkpoint=path, progress=False)

    with pytest.raises(ValueError, match=r"another run has written .*; what this one has done is in ") as refused:
        run_with(data, path, callbacks=[other])
    assert load_checkpoint(path)["steps"] == 9
    (beside,) = (each for each in tmp_path.iterdir() if each != path)
    assert str(beside) in str(refused.value)
    assert load_checkpoint(beside)["step"] == 4


def test_a_disk_that_is_full_for_a_while_ends_no_run(data, tmp_path, monkeypatch):
    """It ended a run of hours. At the end it is an error, and what was there before stays."""
    path = tmp_path / "run.safetensors"
    calls, fsync = [], storage.os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) in (2, 3) or len(calls) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.warns(UserWarning, match=r"after 2 steps no .*run\.safetensors cannot be written: No space "):
        run_with(data, path)
    assert load_checkpoint(path)["step"] == 6
    kept = path.read_bytes()
    with pytest.raises(OSError, match=r"run\.safetensors cannot be written: No space left on device; .* make room"):
        fit(make_step(), data, steps=3, batch_size=8, checkpoint=path, overwrite=True, progress=False)
    assert path.read_bytes() == kept
    assert [each.name for each in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_resumed_optimiser_remembers_in_the_layout_of_its_parameters(tmp_path):
    """On a GPU a fused step refuses anything else: this failed for every resumed Glow and SRFlow."""

    def begun():
        layer = nn.Linear(3, 3)
        layer.weight = nn.Parameter(torch.linalg.qr(torch.randn(3, 3)).Q)  # column after column
        return Minimize(lambda x: layer(x).square().mean(), layer, torch.optim.Adam(layer.parameters(), lr=0.1))

    words = {"checkpoint": tmp_path / "run.safetensors", "progress": False, "resume": True, "extend": True}
    fit(begun(), torch.randn(8, 3), steps=2, batch_size=4, **words)
    step = begun()
    fit(step, torch.randn(8, 3), steps=3, batch_size=4, **words)
    weight = step.module.weight
    assert weight.stride() == (1, 3)
    memory = step.optimizer.state[weight]
    assert memory["exp_avg"].stride() == memory["exp_avg_sq"].stride() == (1, 3)
