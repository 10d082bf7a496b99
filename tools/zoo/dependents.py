"""What depends on a model of the zoo: read off the sources, and off the stamp where a file was generated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gmcourse import zoo
from gmcourse.zoo.cheap import FILE
from gmcourse_recipes import running
from tools.environment import ROOT
from tools.zoo import sources, stamp


@dataclass(frozen=True, order=True)
class Dependent:
    """One file, by its path in the repository, and what it is: "lesson", "page", "still", "recipe" and so on."""

    kind: str
    path: str


GENERATED = {"weights": "live script", "stills": "still", "pictures": "picture"}  # by folder


def of(name: str, root: Path = ROOT) -> list[Dependent]:
    """Find everything that depends on a model, sorted by kind.

    Raises:
        ValueError: neither a model nor a recipe has this name.
    """
    if name not in zoo.names():
        running.find(name)
    return sorted({*_written(name, root), *_recipes(name), *_generated(name)})


def _written(name: str, root: Path) -> Iterator[Dependent]:
    """Find notebooks and tests by their code, prose by what it names."""
    known = {*zoo.names(), name}
    for kind, pattern in (("lesson", "notebooks/*.ipynb"), ("solution", "notebooks/solutions/*.ipynb")):
        for path in root.glob(pattern):
            code = sources.cells(path, "code")
            if name in sources.in_code(code, known) or name in measured_with(sources.recipes_in(code)):
                yield Dependent(kind, path.relative_to(root).as_posix())
            if name in sources.in_prose(sources.cells(path, "markdown"), known):
                yield Dependent("prose", path.relative_to(root).as_posix())
    for path in (root / "README.md", *root.glob("book/**/*.md")):
        if path.is_file() and name in sources.in_prose(path.read_text(encoding="utf-8"), known):
            yield Dependent("prose", path.relative_to(root).as_posix())
    for path in root.glob("tests/**/*.py"):
        if name in sources.in_code(path.read_text(encoding="utf-8"), known):
            yield Dependent("test", path.relative_to(root).as_posix())


def _recipes(name: str) -> Iterator[Dependent]:
    """Recipes that begin with the model; those that measure with it have a line in the stamp."""
    for each in running.names():
        if running.find(each).begins_with == name:
            yield Dependent("recipe that begins with it", f"gmcourse_recipes/{each}.py")


def _generated(name: str) -> Iterator[Dependent]:
    for path in stamp.made_from(name):
        kind = "baselines" if path.endswith(FILE) else GENERATED.get(Path(path).parent.name, "")
        yield Dependent("measurement" if path.endswith(".manifest.json") else kind, path)


def measured_with(recipes: set[str]) -> set[str]:
    """Find the models that these recipes load when they measure, in their own code or in what they import."""
    found: set[str] = set()
    todo, seen = set(recipes), set[str]()
    while todo:
        recipe = todo.pop()
        seen.add(recipe)
        path = ROOT.joinpath("gmcourse_recipes", *recipe.split(".")).with_suffix(".py")
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            found |= sources.in_code(text, zoo.names())
            todo |= sources.recipes_in(text) - seen
    return found
