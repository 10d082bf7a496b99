"""Seeds and devices."""

import subprocess
import sys

import pytest
import torch

from gmcourse.reproducible import choose_device, generator, mixed_seed, seed_torch, start


def test_the_same_seed_gives_the_same_numbers():
    start(3, "cpu")
    first = torch.randn(4)
    start(3, "cpu")
    assert torch.equal(first, torch.randn(4))


def test_devices_that_are_unknown_or_absent(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="no CUDA GPU"):
        choose_device("cuda")
    assert choose_device().type == "cpu"
    monkeypatch.setenv("GMCOURSE_DEVICE", "cpu")
    assert choose_device().type == "cpu"


def test_mixed_seeds_do_not_collide():
    assert len({mixed_seed(a, b) for a in range(50) for b in range(50)}) == 2500
    assert torch.equal(torch.rand(2, generator=generator(1)), torch.rand(2, generator=generator(1)))


def test_seeding_a_loop_queues_nothing():
    """Each `torch.manual_seed` keeps a call with its traceback for a GPU that is not used yet: a leak in a loop."""
    seed_torch(3)
    first = torch.rand(4)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(4), first)
    queued = len(torch.cuda._queued_calls)
    for seed in range(50):
        seed_torch(seed)
    assert len(torch.cuda._queued_calls) == queued


def test_a_start_asks_for_determinism_without_loading_the_compiler():
    asked = (
        "import sys, torch; from gmcourse.reproducible import start; start(); "
        "print(torch.are_deterministic_algorithms_enabled(), 'torch._dynamo' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False"]


def test_an_empty_name_is_no_device():
    with pytest.raises(ValueError, match="the name of the device"):
        choose_device("")
