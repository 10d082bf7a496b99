"""Checkpoints: a round trip, and every way in which a file can be broken."""

import errno
import os
from pathlib import Path

import pytest
import torch

from gmcourse import storage
from gmcourse.checkpoint import load_checkpoint, save_checkpoint

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
    for cut in (content[:-5], content + b"x"):
        path.write_bytes(cut)
        with pytest.raises(ValueError, match="checksum: it was cut short or damaged"):
            load_checkpoint(path)
    for other in (b"hello", b"", b"\2" + bytes(7) + b"{}", b"\2" + bytes(7) + b"[]"):
        path.write_bytes(other)
        with pytest.raises(ValueError, match="broken or no checkpoint"):
            load_checkpoint(path)
    path.write_bytes(content.replace(b"checkpoint-2", b"checkpoint-1"))
    with pytest.raises(ValueError, match="says format 'gmcourse-checkpoint-1'; expected 'gmcourse-check"):
        load_checkpoint(path)


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    """Also in the header, where step, seed, history and the structure of the optimiser stand."""
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, STATE)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        with pytest.raises(ValueError, match=r"Delete it|copy it"):
            load_checkpoint(path)


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="asks Linux which files are mapped")
def test_a_loaded_checkpoint_is_not_kept_mapped(tmp_path):
    path = tmp_path / "not_mapped.safetensors"
    save_checkpoint(path, STATE)
    state = load_checkpoint(path)
    assert "not_mapped" not in Path("/proc/self/maps").read_text()
    assert torch.equal(state["module"]["weight"], STATE["module"]["weight"])


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
    with pytest.raises(ValueError, match="a part of the state is a function; expected"):
        save_checkpoint(tmp_path / "c", {"f": test_round_trip})
    with pytest.raises(ValueError, match="state is a list; expected a dict"):
        save_checkpoint(tmp_path / "c", [])
    for call in (lambda: save_checkpoint(3, {}), lambda: load_checkpoint(None)):
        with pytest.raises(ValueError, match=r"path is .*; expected a string or a Path"):
            call()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "odd",
    [
        torch.eye(3).to_sparse(),
        torch.eye(3).to_sparse_csr(),
        torch.ones(3, device="meta"),
        torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
        torch.zeros(3, dtype=torch.uint8).view(torch.float8_e8m0fnu),
        torch.zeros(3, dtype=torch.complex128),
    ],
    ids=["sparse", "csr", "meta", "quantised", "float8 that no file gives back", "complex128"],
)
def test_a_tensor_that_no_file_holds_is_refused(odd, tmp_path):
    with pytest.raises(ValueError, match=r"a tensor of the state is .*; expected "):
        save_checkpoint(tmp_path / "c", {"a": odd})
    assert not list(tmp_path.iterdir())


def test_keys_that_a_file_cannot_give_back_are_refused(tmp_path):
    """A pair as a key was written, and could not be read again."""
    path = tmp_path / "c.safetensors"
    for keys in ((1, 2), b"x"):
        with pytest.raises(ValueError, match=r"a part of the state is a dict.*list or plain dict"):
            save_checkpoint(path, {"memory": {keys: 3}})
        assert not path.exists()
    save_checkpoint(path, {"memory": {0: 1, "x": 2, None: 3, 0.5: 4}})
    assert load_checkpoint(path) == {"memory": {0: 1, "x": 2, None: 3, 0.5: 4}}


def test_a_header_that_is_too_deep_is_named(tmp_path):
    path = tmp_path / "c.safetensors"
    path.write_bytes((100_000).to_bytes(8, "little") + b"[" * 100_000)
    with pytest.raises(ValueError, match="broken or no checkpoint"):
        load_checkpoint(path)
