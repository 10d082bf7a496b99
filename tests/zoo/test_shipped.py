"""What travels with the package: whole, described, small, and known to the list of hashes."""

import shutil
from dataclasses import replace

import pytest

from gmcourse import zoo
from gmcourse.zoo import published, store
from gmcourse_recipes import running
from tools.zoo.publish import LARGEST, TOGETHER


def test_the_list_of_hashes_knows_every_change(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "WEIGHTS", shutil.copytree(store.WEIGHTS, tmp_path / "weights"))
    name = "plane_nice_moons"
    for suffix in (".safetensors", ".log.json", ".manifest.json"):
        path = store.file_of(name, suffix)
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        assert published.problem(name) == f"{path.name} is not as it was published"
        path.write_bytes(content)
    described, module = zoo.manifest(name), zoo.load(name)
    next(module.parameters()).data += 1
    assert published.problem(name) == ""
    zoo.save(described, module, folder=store.WEIGHTS)  # its manifest has the hash of the new weights
    zoo.load(name)
    assert "is not as it was published" in published.problem(name)
    for path in store.WEIGHTS.glob(f"{name}.*"):
        path.unlink()
    assert "is missing" in published.problem(name)
    zoo.save(replace(described, name="tiny"), module, folder=store.WEIGHTS)
    assert "is not as it was published" in published.problem("tiny")
    assert {"tiny", name} <= set(published.names())


@pytest.mark.parametrize("name", zoo.names())
def test_what_is_shipped_is_whole(name):
    described = zoo.manifest(name)
    assert published.problem(name) == ""
    assert store.file_of(name, ".manifest.json").read_text(encoding="utf-8") == described.to_json()
    assert described.recipe in running.names()
    assert described.metrics, "a shipped model says what it scored"
    assert len(next(iter(zoo.log(name).values()))) <= 400
    if described.sha256:
        zoo.load(name)
        assert store.file_of(name, ".safetensors").stat().st_size <= LARGEST


def test_all_weights_together_are_small():
    assert sum(f.stat().st_size for f in store.WEIGHTS.iterdir()) <= TOGETHER
