"""Several processes compute what one would have."""

import os
import subprocess
import sys

import pytest
import torch

from gmcourse import processes
from gmcourse.training import History, load_checkpoint
from tests.conftest import ROOT


def test_one_process_is_the_usual_case():
    assert processes.rank_and_world() == (0, 1)
    assert processes.join() is None
    assert processes.any_of_us(True)
    assert not processes.any_of_us(False)


def test_alone_noise_is_what_torch_draws():
    like = torch.zeros(5, 3)
    torch.manual_seed(0)
    ours = processes.normal_noise(like), processes.uniform_noise(like, torch.float64)
    torch.manual_seed(0)
    theirs = torch.randn(5, 3), torch.rand(5, 3, dtype=torch.float64)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("world", [2, 3])
def test_noise_belongs_to_the_sample(monkeypatch, world):
    def draw(rank, world):
        monkeypatch.setattr(processes, "rank_and_world", lambda: (rank, world))
        torch.manual_seed(0)
        return processes.normal_noise(torch.zeros(6 // world, 2))

    whole = draw(0, 1)
    for rank in range(world):
        assert torch.equal(draw(rank, world), whole[rank::world])


def test_several_processes_need_accelerate(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(RuntimeError, match=r"gmcourse\[scale\]"):
        processes.join()


def final_state(model, folder, launcher, world):
    """The weights after a short run, and its losses."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GMCOURSE_PROGRESS": "off"}
    command = [sys.executable, *launcher, "-m", "tests.recipes.on_digits", model, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{world} processes" in done.stdout
    (path,) = folder.glob("*.safetensors")
    saved = load_checkpoint(path)
    return saved["state"]["module"], History.from_json(saved["history"])["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vae", "nice"])
def test_two_processes_train_what_one_trains(model, tmp_path):
    """At the same total batch, up to the order of float32 sums."""
    pytest.importorskip("accelerate")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    one, curves_of_one = final_state(model, tmp_path / "one", [], 1)
    two, curves_of_two = final_state(model, tmp_path / "two", launcher, 2)
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=2e-5, msg=lambda m, n=name: f"{n}: {m}")
    assert curves_of_two == pytest.approx(curves_of_one, rel=1e-4)
