"""The stamp: from which weights each generated file was made, and which numbers the prose was read against.

`made_from.json` is committed. What makes a file writes its line, so a model that changed shows in `stale`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from gmcourse import zoo
from gmcourse.storage import write_text_atomically
from gmcourse.zoo import published
from tools.environment import ROOT

STAMP = Path(__file__).with_name("made_from.json")
Lines = dict[str, dict[str, str]]


def lines() -> Lines:
    """List file → model → hash of the weights; "prose" → model → hash of the manifest."""
    content: Lines = json.loads(STAMP.read_text(encoding="utf-8"))
    return content


def made_from(name: str) -> list[str]:
    """The generated files that were made from a model."""
    return sorted(path for path, models in lines().items() if name in models and path != "prose")


def models_of(path: Path) -> set[str]:
    """The models that a generated file was made from."""
    return set(lines().get(path.relative_to(ROOT).as_posix(), {}))


def _hash(name: str, suffix: str) -> str:
    return published.hashes().get(f"{name}{suffix}", "")[:16]


def write(path: Path, models: Collection[str]) -> None:
    """Say that a file has just been made from these models of the package."""
    _write(path.relative_to(ROOT).as_posix(), {name: _hash(name, ".safetensors") for name in sorted(models)})


def write_prose(models: Collection[str]) -> None:
    """Say that somebody has read what lessons and pages say of these models, with their present manifests."""
    read = {name: _hash(name, ".manifest.json") for name in models}
    _write("prose", dict(sorted((lines().get("prose", {}) | read).items())))


def _write(key: str, models: dict[str, str]) -> None:
    content = dict(sorted((lines() | {key: models}).items()))
    write_text_atomically(STAMP, json.dumps(content, indent=1) + "\n")


@contextmanager
def making(path: Path) -> Iterator[None]:
    """Note what is loaded from the zoo while a file is made, and write its line."""
    with mock.patch.object(zoo, "load", wraps=zoo.load) as load:
        yield
    write(path, {call.args[0] for call in load.call_args_list})


def stale() -> list[str]:
    """A sentence for each file and each text that a changed model has left behind."""
    found = []
    content = lines()
    prose = content.pop("prose", {})
    for path, models in content.items():
        if not (ROOT / path).is_file():
            found.append(f"{path} is gone; take its line out of {STAMP.name}")
        for name, digest in models.items():
            if digest != _hash(name, ".safetensors"):
                found.append(f"{path} was made from another {name}: python -m tools.zoo remake {name}")
    for name in published.names():
        if prose.get(name) != _hash(name, ".manifest.json"):
            cure = f"python -m tools.zoo dependents {name}, read, then python -m tools.zoo read {name}"
            found.append(f"nobody has read what the prose says of the new {name}: {cure}")
    return found
