"""Which solutions a class may see: the environment variable `GMCOURSE_SOLUTIONS` says it.

    GMCOURSE_SOLUTIONS=none make book       no page of the site shows a solution, and the site holds none
    GMCOURSE_SOLUTIONS="01 02" make book    chapters 01 and 02 show theirs
    GMCOURSE_SOLUTIONS="01 02" make lab     the student's folder gets these two

Without it the site shows every solution that the course's folder holds, and `make lab` hands out none. A course
whose folder `notebooks/solutions` was deleted shows none in both.
"""

import os
import re
from pathlib import Path

from tools.environment import ROOT

VARIABLE = "GMCOURSE_SOLUTIONS"
SOLVED = re.compile(r"notebooks/solutions/(\w+)_solutions")


def chapters(folder: Path = ROOT) -> list[str]:
    """List the chapters with exercises: `04_vae` and so on."""
    found = sorted((folder / "notebooks" / "exercises").glob("*_exercises.ipynb"))
    return [path.stem.removesuffix("_exercises") for path in found]


def shown(otherwise: str, folder: Path = ROOT) -> list[str]:
    """The chapters whose solutions may be seen.

    Args:
        otherwise: what holds where the variable is not set, "all" or "none".
        folder: the course's folder.

    Raises:
        RuntimeError: a word of the variable is no chapter, or the solution of the chapter is not there.
    """
    there = [name for name in chapters(folder) if solved(name, folder).is_file()]
    words = os.environ.get(VARIABLE, "").replace(",", " ").split() or [otherwise]
    if words == ["none"]:
        return []
    if words == ["all"]:
        return there
    wanted = {word: [name for name in there if word in (name, name[:2])] for word in words}
    if unknown := [word for word, names in wanted.items() if not names]:
        numbers = " ".join(name[:2] for name in there) or "none"
        raise RuntimeError(
            f"{VARIABLE} has {' '.join(unknown)}; expected all, none, or some of: {numbers} "
            "(the solutions in notebooks/solutions)"
        )
    return [name for names in wanted.values() for name in names]


def solved(name: str, folder: Path = ROOT) -> Path:
    """Where the solution of a chapter lies."""
    return folder / "notebooks" / "solutions" / f"{name}_solutions.ipynb"


def left_out() -> list[str]:
    """The chapters whose exercise page on the site is the hand-out."""
    seen = shown("all")
    return [name for name in chapters() if name not in seen]


def released(examples: str) -> str:
    """Of the page of marked examples, the chapters whose solutions may be seen."""
    numbers = {name[:2] for name in shown("all")}
    intro, *parts = re.split(r"(?m)^(?=## \d\d )", examples)
    kept = [part for part in parts if part[3:5] in numbers]
    if len(kept) < len(parts):
        intro += "The examples of a chapter are on this page when its solution is on the site.\n\n"
    return intro + "".join(kept)


def no_pages() -> list[str]:
    """Of each chapter the notebook, solved or handed out, that is no page of the site."""
    hidden = left_out()
    kinds = {name: "solutions" if name in hidden else "exercises" for name in chapters()}
    return [f"notebooks/{kind}/{name}_{kind}.ipynb" for name, kind in kinds.items()]


def table_of_contents() -> str:
    """The text of `_toc.yml`, with the hand-out in place of each solution that is left out."""
    hidden = left_out()

    def page(match: re.Match[str]) -> str:
        return f"notebooks/exercises/{match[1]}_exercises" if match[1] in hidden else match[0]

    return SOLVED.sub(page, (ROOT / "_toc.yml").read_text(encoding="utf-8"))
