"""Checkpoints as files: what is safe is read; what is not, is refused in words, and nothing runs."""

import io
import pickle
import re

import pytest
import torch
from safetensors.torch import save

from gmcourse.converters.files import state_from_file

STATE = {"a.weight": torch.arange(600.0).view(20, 30), "a.bias": torch.zeros(3)}


def saved(content, **more):
    file = io.BytesIO()
    torch.save(content, file, **more)
    return file.getvalue()


class Trap:
    """Unpickled, it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


FORMATS = {
    "zip": saved(STATE),
    "legacy": saved(STATE, _use_new_zipfile_serialization=False),
    "safetensors": save(STATE),
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.bin"


@pytest.mark.parametrize("kind", FORMATS)
def test_what_a_file_is_its_first_bytes_say(kind, file):
    file.write_bytes(FORMATS[kind])
    found = state_from_file(file)
    assert set(found) == set(STATE)
    assert all(torch.equal(found[name], value) for name, value in STATE.items())


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short(kind, part, file):
    file.write_bytes(FORMATS[kind][: int(len(FORMATS[kind]) * part)])
    with pytest.raises(ValueError, match=r"weights.bin cannot be read: .*cut short; fetch it again"):
        state_from_file(file)


def test_a_file_with_a_flipped_bit(file):
    content = bytearray(FORMATS["zip"])
    content[content.index(STATE["a.weight"].numpy().tobytes()) + 1000] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged .*the sum of .*data/0 is another one"):
        state_from_file(file)


@pytest.mark.parametrize(
    "more", [{}, {"_use_new_zipfile_serialization": False}, None], ids=["zip", "legacy", "pickle"]
)
def test_code_in_a_pickle_is_not_run(more, file, tmp_path):
    content = {**STATE, "trap": Trap(tmp_path / "sprung")}
    file.write_bytes(pickle.dumps(content) if more is None else saved(content, **more))
    with pytest.raises(ValueError, match=r"asks to run .* nothing in a file is run here.*state_dict"):
        state_from_file(file)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither of torch.save nor of safetensors"),
        (b"<html>no such page", "neither .* begins with b'<html>no such page'"),
        (saved([1, 2]), "holds a list; expected a state dict"),
        (saved(STATE["a.bias"]), "holds a Tensor; expected a state dict"),
    ],
)
def test_other_files(content, message, file):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        state_from_file(file)


def test_no_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(ValueError, match=rf"path is {re.escape(str(path))}"):
            state_from_file(path)


def test_one_entry_of_several(file):
    file.write_bytes(saved({"g": STATE, "g_ema": STATE, "step": 3, "optim": {"state": {0: STATE}}}))
    with pytest.raises(ValueError, match=r"several entries; expected the choice of one.*: g, g_ema$"):
        state_from_file(file)
    with pytest.raises(ValueError, match=r"no state dict 'd'; it has g, g_ema"):
        state_from_file(file, "d")
    assert list(state_from_file(file, "g_ema")) == list(STATE)
