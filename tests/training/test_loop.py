"""The loop: exact resumption, clear errors, a usable model after an interruption."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings

import pytest
import torch
from torch import nn

from gmcourse.training import EMA, Diverged, History, Minimize, fit, load_checkpoint
from gmcourse.training.batches import batch_indices
from tests.conftest import ROOT, stop_after


def make_step(lr=1e-2, noisy=True):
    torch.manual_seed(0)
    module = nn.Linear(3, 1)

    def objective(batch):
        x, y = batch
        noise = torch.randn_like(y) if noisy else 0.0
        return ((module(x) - y + 0.1 * noise) ** 2).mean()

    return Minimize(objective, module, torch.optim.Adam(module.parameters(), lr=lr), ema=EMA(module, 0.9), clip=1.0)


def bits(step):
    return torch.cat([p.detach().flatten() for p in [*step.module.parameters(), *step.ema.module.parameters()]])


def test_it_learns(data):
    history = fit(make_step(), data, steps=400, batch_size=10, progress=False)
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    assert history.curve("loss")[0] == list(range(400))


def test_an_epoch_sees_each_sample_once_and_the_next_one_in_another_order():
    first = torch.cat([batch_indices(12, 4, seed=3, step=s) for s in range(3)])
    second = torch.cat([batch_indices(12, 4, seed=3, step=s) for s in range(3, 6)])
    assert sorted(first.tolist()) == list(range(12)) == sorted(second.tolist())
    assert first.tolist() != second.tolist()


def test_resuming_gives_the_same_bits(data, tmp_path):
    whole = make_step()
    expected = fit(whole, data, steps=30, batch_size=8, progress=False)
    path = tmp_path / "run.safetensors"
    stopped = {"callbacks": [stop_after(13)], "checkpoint": path, "progress": False}
    assert fit(make_step(), data, steps=30, batch_size=8, **stopped).interrupted
    torch.manual_seed(12345)  # whatever happened in between must not matter
    resumed = make_step()
    history = fit(resumed, data, steps=30, batch_size=8, checkpoint=path, resume=True, progress=False)
    assert torch.equal(bits(whole), bits(resumed))
    assert history["loss"] == expected["loss"]


def test_a_callback_that_draws_numbers_changes_nothing(data):
    quiet, noisy = make_step(), make_step()
    fit(quiet, data, steps=5, batch_size=8, progress=False)
    fit(noisy, data, steps=5, batch_size=8, callbacks=[lambda step, history: torch.randn(7)], progress=False)
    assert torch.equal(bits(quiet), bits(noisy))


def test_the_generator_outside_is_left_as_it_was(data):
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    step = make_step()
    torch.manual_seed(5)
    fit(step, data, steps=3, batch_size=8, progress=False)
    assert torch.equal(torch.randn(3), expected)


def test_an_interrupt_ends_after_a_whole_step_and_saves(data, tmp_path):
    path = tmp_path / "run.safetensors"
    step, stop = make_step(), stop_after(5)
    history = fit(step, data, steps=30, batch_size=8, callbacks=[stop], checkpoint=path, progress=False)
    assert history.interrupted
    assert load_checkpoint(path)["step"] == 5
    rest = make_step()
    finished = fit(rest, data, steps=30, batch_size=8, checkpoint=path, resume=True, progress=False)
    whole = make_step()
    fit(whole, data, steps=30, batch_size=8, progress=False)
    assert torch.equal(bits(rest), bits(whole))
    assert not finished.interrupted


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
def test_a_job_that_a_cluster_ends_saves_first(tmp_path):
    """SIGTERM lost everything since the last checkpoint."""
    path = tmp_path / "run.safetensors"
    script = textwrap.dedent(
        """
        import os, signal, sys, torch
        from gmcourse.training import fit
        from tests.training.test_loop import make_step
        end = lambda step, history: os.kill(os.getpid(), signal.SIGTERM) if step == 4 else None
        data = torch.ones(50, 3), torch.ones(50, 1)
        fit(make_step(), data, steps=9, batch_size=8, checkpoint=sys.argv[1], callbacks=[end], progress=False)
        print("still there")
        """
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "")
    assert load_checkpoint(path)["step"] == 5


@pytest.mark.slow
def test_a_killed_process_goes_on_bit_for_bit(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time, torch
        from gmcourse.training import fit
        sys.path.insert(0, sys.argv[3])
        from tests.training.test_loop import make_step, bits
        x = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
        step = make_step()
        slow = [lambda s, h: time.sleep(0.02)] if sys.argv[2] == "slow" else []
        fit(step, (x, x.sum(1, keepdim=True)), steps=200, batch_size=8, checkpoint=sys.argv[1],
            minutes=0.001, resume=True, callbacks=slow, progress=False)
        print(bits(step).tolist())
        """
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    run = [sys.executable, "-c", script]
    whole = subprocess.run([*run, str(tmp_path / "a"), "fast", root], capture_output=True, text=True, check=True)
    victim = subprocess.Popen([*run, str(tmp_path / "b"), "slow", root], cwd=root)
    deadline = time.monotonic() + 60
    while not (tmp_path / "b").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    victim.kill()
    victim.wait()
    assert 0 < load_checkpoint(tmp_path / "b")["step"] < 200
    resumed = subprocess.run([*run, str(tmp_path / "b"), "fast", root], capture_output=True, text=True, check=True)
    assert resumed.stdout == whole.stdout


def test_nan_stops_with_the_step_and_good_parameters(data):
    x, y = data
    step = make_step(noisy=False)
    y = y.clone()
    fit(step, (x, y), steps=3, batch_size=10, progress=False)
    good = bits(step)
    y[:] = float("nan")
    with pytest.raises(Diverged, match=r"step 0: loss = nan"):
        fit(step, (x, y), steps=3, batch_size=10, progress=False)
    assert torch.equal(bits(step), good)


def test_history_survives_json_and_thinning():
    history = History()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of a number that would have a gradient
        history.record(0, {"with a gradient": torch.ones((), requires_grad=True)})
    assert history["with a gradient"] == [1.0]
    history = History()
    for s in range(1000):
        history.record(s, {"loss": float(s)} | ({"r1": 1.0} if s % 16 == 0 else {}))
    again = History.from_json(history.to_json())
    assert again.curve("r1") == history.curve("r1")
    thin = again.thinned(10)
    assert len(thin["loss"]) == 10
    assert thin["loss"][0] == pytest.approx(49.5)
    with pytest.raises(ValueError, match="no history"):
        History.from_json("[]")
    with pytest.raises(KeyError, match="no curve is called 'x'"):
        history["x"]


def test_an_average_that_is_warmed_up_forgets_the_untrained_weights():
    module = nn.Linear(1, 1, bias=False)
    average = EMA(module, 0.99, warm_up=True)
    nn.init.zeros_(average.module.weight)
    nn.init.ones_(module.weight)
    expected = 0.0
    for t in range(1, 2001):
        average.update()
        expected += (1 - min(0.99, t / (9 + t))) * (1 - expected)
        if t in (1, 2, 50, 2000):
            assert average.module.weight.item() == pytest.approx(expected, rel=1e-5)
    again = EMA(module, 0.99, warm_up=True)
    again.load_state_dict(average.state_dict())
    assert again.updates == 2000
