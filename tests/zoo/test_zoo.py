"""The zoo: what is saved comes back, and damage is told."""

import json
import re

import pytest
import torch

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.models.nice import NICE
from gmcourse.training import History
from gmcourse.zoo import store

LARGEST, TOGETHER = 8_000_000, 40_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "WEIGHTS", tmp_path)
    return tmp_path


def save(folder, module=None, **changes):
    history = History()
    history.record(0, {"loss": 1.0})
    arguments = {
        "model": "gmcourse.models.nice:NICE",
        "arguments": {"dim": 4, "hidden": [3]},
        "recipe": "nice_tiny",
        "seed": 0,
        "steps": 1,
        "data": "none",
        "hardware": "none",
        "hours": 0.0,
        "metrics": {"loss_nats": 1.0},
        "history": history,
        "folder": folder,
    }
    return zoo.save("tiny", module or NICE(4, hidden=(3,)), **(arguments | changes))


def test_round_trip(folder):
    module = NICE(4, hidden=(3,))
    save(folder, module)
    again = zoo.load("tiny")
    x = torch.rand(3, 4)
    assert torch.equal(module.log_prob(x), again.log_prob(x))
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())
    assert zoo.log("tiny")["loss"] == [1.0]
    assert zoo.names() == ["tiny"]


def test_an_unknown_name_lists_the_known(folder):
    save(folder)
    with pytest.raises(ValueError, match="no model 'big'; it has tiny"):
        zoo.load("big")


def test_a_changed_byte_a_missing_file(folder):
    save(folder)
    weights = folder / "tiny.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="changed or cut short"):
        zoo.load("tiny")
    weights.unlink()
    with pytest.raises(ValueError, match="are missing"):
        zoo.load("tiny")
    (folder / "tiny.log.json").unlink()
    with pytest.raises(ValueError, match=r"log .* is missing"):
        zoo.log("tiny")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d | {"format": 9}, "format is 9"),
        (lambda d: {k: v for k, v in d.items() if k != "seed"}, r"missing fields \['seed'\]"),
        (lambda d: [], "expected a JSON object"),
    ],
)
def test_a_damaged_manifest(folder, change, message):
    save(folder)
    path = folder / "tiny.manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=message):
        zoo.load("tiny")


def test_a_manifest_cannot_name_code_elsewhere(folder):
    with pytest.raises(ValueError, match=r"expected 'gmcourse.models"):
        save(folder, model="os:system")


def test_weights_of_another_architecture(folder):
    with pytest.raises(ValueError, match="does not take these weights"):
        save(folder, arguments={"dim": 6, "hidden": [3]})


def test_weights_too_large_to_travel(folder):
    save(folder, ship=False)
    assert zoo.manifest("tiny").metrics == {"loss_nats": 1.0}
    assert not (folder / "tiny.safetensors").exists()
    with pytest.raises(ValueError, match="too large to travel"):
        zoo.load("tiny")


def test_the_command(capsys):
    assert main(["zoo"]) == 0
    assert "vae_digits_2d" in capsys.readouterr().out
    assert main(["zoo", "vae_digits_2d"]) == 0
    assert '"sha256"' in capsys.readouterr().out
    assert main(["zoo", "nothing"]) == 2
    assert "the zoo has no model 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("name", zoo.names())
def test_what_is_shipped_is_whole(name):
    described = zoo.manifest(name)
    assert re.fullmatch(r"[a-z0-9_]+", described.recipe)
    assert described.metrics, "a shipped model says what it scored"
    assert len(next(iter(zoo.log(name).values()))) <= 400
    if described.sha256:
        zoo.load(name)
        assert (store.WEIGHTS / f"{name}.safetensors").stat().st_size <= LARGEST


def test_all_weights_together_are_small():
    assert sum(f.stat().st_size for f in store.WEIGHTS.glob("*.safetensors")) <= TOGETHER


def test_half_weights_come_back_as_float32(folder):
    module = NICE(4, hidden=(3,))
    save(folder, module, half=True)
    again = zoo.load("tiny")
    for kept, whole in zip(again.parameters(), module.parameters(), strict=True):
        assert kept.dtype == torch.float32
        assert torch.equal(kept, whole.half().float())
