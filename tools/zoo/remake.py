"""Makes everything again that depends on models of the zoo, after one of them was trained anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from gmcourse import zoo
from gmcourse.reproducible import choose_device
from gmcourse.storage import write_atomically
from gmcourse.zoo import store
from gmcourse_recipes import running
from gmcourse_recipes.running.train import measured
from tools.environment import ROOT
from tools.zoo import baselines, dependents, publish, stamp
from tools.zoo.dependents import Dependent


def measure_again(name: str) -> None:
    """Write what a published model scores now: another model that measures it has changed."""
    device = choose_device()
    found = measured(running.find(name), zoo.load(name, device), device)
    described = replace(zoo.manifest(name), metrics=found)
    path = store.file_of(name, ".manifest.json")
    write_atomically(path, described.to_json().encode())
    publish.write_hashes()
    stamp.write(path, dependents.measured_with({name}))
    print(f"measured again: {name}")


def remake(names: Collection[str]) -> int:
    """Measurements, live scripts, pictures, lessons, the site and its stills; then what has to be read.

    Returns:
        1 if a lesson or the site failed, else 0.
    """
    todo = {each for name in names for each in dependents.of(name)}
    paths = {kind: [Path(each.path) for each in sorted(todo) if each.kind == kind] for kind in _kinds(todo)}
    if "baselines" in paths:
        baselines.write(baselines.with_features())
        publish.write_hashes()
    for path in paths.get("measurement", []):
        measure_again(path.name.removesuffix(".manifest.json"))
    if scripts := paths.get("live script"):
        from tools.live.weights import write_weights

        write_weights([path.stem for path in scripts])
    if pictures := paths.get("picture"):
        from tools.pictures import draw

        draw([path.stem for path in pictures])
    failed = _site([ROOT / path for path in paths.get("lesson", []) + paths.get("solution", [])])
    if not failed and (stills := paths.get("still")):
        from tools.live.__main__ import write_stills

        write_stills([path.stem for path in stills])
    print("\nNow read what these say, with the new numbers, and then: python -m tools.zoo read", *names)
    for kind in ("prose", "lesson"):
        for path in paths.get(kind, []):
            print(f"  {path.as_posix()}")
    return int(failed)


def _kinds(todo: Collection[Dependent]) -> set[str]:
    return {each.kind for each in todo}


def _site(notebooks: list[Path]) -> bool:
    """Execute the notebooks, then build the whole site; whether something failed."""
    from tools import book, lessons

    book.drop_stale_cache()
    failed = [each for each in lessons.execute(notebooks) if each.error]
    return bool(failed) or book.main([]) != 0
