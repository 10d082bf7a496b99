"""Puts a model of one's own among those that travel with the package: the only thing that writes there."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from gmcourse import zoo
from gmcourse.storage import ensure_writable, write_atomically
from gmcourse.zoo import Manifest, published, store
from gmcourse_recipes import dcgan_digits, gan_grid_literature, gan_grid_remedies, running, smile_by_skin
from tools.zoo import baselines

MB = 1_000_000
LARGEST, TOGETHER = 8 * MB, 64 * MB
# Recipes that train several runs side by side, and how many seeds these have, from 0 on.
SEEDS = {
    "dcgan_digits": dcgan_digits.SEEDS,
    "gan_grid_literature": gan_grid_literature.RUNS,
    "gan_grid_remedies": len(gan_grid_remedies.NAMES),
    "smile_by_skin": smile_by_skin.SEEDS,
}


def with_seeds(described: Manifest) -> Manifest:
    """Add the seeds of all runs to the manifest of a recipe that trains several."""
    return replace(described, seeds=[*range(SEEDS[described.name])]) if described.name in SEEDS else described


def publish(name: str, own: bool | str | Path = True, steps: int | None = None) -> Manifest:
    """Copy weights, log, picture and manifest of a finished run, and write the list of hashes anew.

    Args:
        name: of the model and of its recipe.
        own: True takes it from `zoo.own_folder()`, a path from that folder.
        steps: how many it was meant to have, where these are not the recipe's.

    Raises:
        ValueError: the run was interrupted, is damaged or too large, or there is no room for it.
    """
    recipe, described = running.find(name), with_seeds(baselines.compared(zoo.manifest(name, own=own)))
    meant = recipe.steps if steps is None else steps
    if described.steps != meant or zoo.log(name, own=own).interrupted:
        raise ValueError(
            f"{name} had {described.steps} of {meant} steps; finish it with gmcourse train {name} --resume --extend, "
            f"or say --steps {described.steps} if it was meant so"
        )
    zoo.load(name, own=own)  # whole, and what its manifest says
    files = {suffix: store.file_of(name, suffix, own) for suffix in store.SUFFIXES}
    contents = {suffix: path.read_bytes() for suffix, path in files.items() if path.is_file()}
    if not recipe.ship:
        del contents[".safetensors"]
        described = replace(described, sha256="")
    contents[".manifest.json"] = described.to_json().encode()
    _room(name, contents)
    for suffix in store.SUFFIXES:
        target = store.file_of(name, suffix)
        ensure_writable(target)
        if suffix in contents:
            write_atomically(target, contents[suffix])
        else:
            target.unlink(missing_ok=True)
    write_hashes()
    return described


def _room(name: str, contents: dict[str, bytes]) -> None:
    size = sum(map(len, contents.values()))
    if size > LARGEST:
        raise ValueError(f"{name} has {size / MB:.1f} MB; at most {LARGEST / MB:.0f} travel with the package")
    old = {store.file_of(name, suffix) for suffix in store.SUFFIXES}
    others = sum(path.stat().st_size for path in store.WEIGHTS.iterdir() if path not in old)
    if others + size > TOGETHER:
        raise ValueError(
            f"{name} has {size / MB:.1f} MB and the other models {others / MB:.1f}; there is room for "
            f"{TOGETHER / MB:.0f} MB in all: take one out, or halve one with half=True in its recipe"
        )


def write_hashes() -> None:
    """Write the list of what is published: every file of the package's zoo."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(store.WEIGHTS.iterdir(), key=lambda path: path.name)
        if path.name.endswith(store.SUFFIXES)
    ]
    write_atomically(store.WEIGHTS / published.HASHES, "".join(lines).encode())
