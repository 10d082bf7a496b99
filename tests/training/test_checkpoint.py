"""Checkpoints: a round trip, and every way in which a file can be broken."""

import errno
import os

import pytest
import torch

from gmcourse import storage
from gmcourse.training.checkpoint import load_checkpoint, save_checkpoint

STATE = {
    "module": {
        "weight": torch.arange(6.0).reshape(2, 3),
        "empty": torch.zeros(0),
        "flag": torch.tensor(True),
    },
    "optimizer": {
        "state": {0: {"step": torch.tensor(3.0)}},
        "groups": [{"betas": [0.9, 0.99], "fused": None}],
    },
    "step": 7,
    "name": "run",
}


def test_round_trip(tmp_path):
    path = tmp_path / "deep" / "c.safetensors"
    save_checkpoint(path, STATE)
    state = load_checkpoint(path)
    assert state["optimizer"]["groups"] == STATE["optimizer"]["groups"]
    assert torch.equal(state["module"]["weight"], STATE["module"]["weight"])
    assert list(state["optimizer"]["state"]) == [0]
    assert state["module"]["flag"].dtype == torch.bool


def test_broken_files_are_told_apart(tmp_path):
    path = tmp_path / "c.safetensors"
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load_checkpoint(path)
    save_checkpoint(path, STATE)
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    with pytest.raises(ValueError, match="broken or no safetensors"):
        load_checkpoint(path)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="checksum"):
        load_checkpoint(path)
    path.write_bytes(b"hello")
    with pytest.raises(ValueError, match="no safetensors"):
        load_checkpoint(path)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, STATE)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, {"step": 8})
    assert load_checkpoint(path)["step"] == 7
    assert os.listdir(tmp_path) == ["c.safetensors"]


def test_what_cannot_be_saved_is_named(tmp_path):
    with pytest.raises(ValueError, match="got function"):
        save_checkpoint(tmp_path / "c", {"f": test_round_trip})
    assert os.listdir(tmp_path) == []
