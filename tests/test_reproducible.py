"""Seeds and devices."""

import pytest
import torch

from gmcourse.reproducible import choose_device, generator, mixed_seed, start


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
