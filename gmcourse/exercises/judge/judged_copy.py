"""What is run when a student's notebook is judged: all of their code, and our own checks.

A notebook's stored outputs are the student's, so they are no reference. The copy holds no output at all:
every code cell of the student's stays, in their order, and the shipped cells (set-up, checks) are replaced
by fresh ones. Each check runs where its exercise ends. At the end of the notebook the checks run once more:
an answer whose helper function stands further down is right too. One of the two must pass.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmcourse.exercises.judge.notebook import Cell, Chapter

# IPython's own `exit` ends the kernel some time after the cell, and with it cells that are not to blame.
PROLOGUE = """\
import sys
sys.path.append({folder!r})
exit = quit = sys.exit"""


@dataclass(frozen=True)
class Step:
    """One code cell of the copy."""

    role: str  # "set-up", "student", "check" or "again"
    source: str
    exercises: tuple[str, ...] = ()
    key: str = ""  # the same cell has the same key in a second copy


def plan(
    chapter: Chapter, cells: Sequence[Cell], folder: Path, stopped: Set[str] = frozenset()
) -> list[Step]:
    """The cells of the copy, in order.

    Args:
        chapter: the shipped notebook.
        cells: the student's.
        folder: where the student's notebook lies; their own modules may lie beside it.
        stopped: keys of cells that ran too long or killed the kernel before; they are left out.
    """
    checks = {each.name: each.check for each in chapter.exercises}
    steps = [
        Step("set-up", PROLOGUE.format(folder=str(folder.resolve())), key="path"),
        Step("set-up", chapter.set_up, key="set-up"),
    ]
    last = {name: index for index, cell in enumerate(cells) for name in chapter.marker_of(cell)}
    open_exercises: list[str] = []  # begun, its check not yet placed

    def close(names: Sequence[str]) -> None:
        for name in names:
            open_exercises.remove(name)
            steps.append(Step("check", checks[name], (name,), f"check {name}"))

    for index, cell in enumerate(cells):
        if not cell.is_code or not cell.source.strip():
            continue
        answered = [name for name in chapter.marker_of(cell) if name in checks]
        checked = [] if answered else [name for name in cell.marked("check") if name in checks]
        if answered:
            close([name for name in open_exercises if name not in answered and last[name] < index])
            open_exercises += [name for name in answered if name not in open_exercises]
        source = _students_part(chapter, cell, [checks[name] for name in checked])
        if source:
            owners = answered or checked or open_exercises
            steps.append(Step("student", source, tuple(owners), f"cell {index}"))
        close([name for name in checked if name in open_exercises and last[name] < index])
    close(list(open_exercises))
    steps += [Step("again", check, (name,), f"check {name}") for name, check in checks.items()]
    return [step for step in steps if step.key not in stopped]


def _students_part(chapter: Chapter, cell: Cell, checks: Sequence[str]) -> str:
    """What is left of a cell without the lines that we shipped: nothing, for a set-up or check cell."""
    if cell.is_set_up:
        # Added imports count; the shipped ones have run already.
        return "" if _words(cell.source) == _words(chapter.set_up) else cell.source
    if not checks:
        return cell.source
    shipped = {line.strip() for check in checks for line in check.splitlines()}
    rest = [line for line in cell.source.splitlines() if line.strip() not in shipped]
    return "\n".join(rest) if any(line.strip() and not line.strip().startswith("#") for line in rest) else ""


def _words(source: str) -> list[str]:
    return source.split()


def as_notebook(steps: Sequence[Step]) -> str:
    """The copy as a file for nbval: code cells without outputs, run in this Python."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"step-{number}",
            "metadata": {},
            "outputs": [],
            "source": step.source,
        }
        for number, step in enumerate(steps)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )
