"""What is run when a student's notebook is judged: all of their code, and our own checks.

A notebook's stored outputs are the student's, so they are no reference. The copy holds no output at all:
every code cell of the student's stays, in their order, and the shipped cells (set-up, checks) are replaced
by fresh ones. Each check runs where its exercise ends. At the end of the notebook the checks run once more:
an answer whose helper function stands further down is right too. One of the two must pass.
"""

import ast
import contextlib
import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gmcourse.exercises.judge.notebook import Cell, Chapter, Exercise, chapters

# IPython's own `exit` ends the kernel some time after the cell, and with it cells that are not to blame.
PROLOGUE = """\
import sys
{slate}.remember()
sys.path.append({folder!r})
exit = quit = sys.exit"""
SLATE = "__import__('gmcourse.exercises.judge.clean_slate', fromlist=[''])"


@dataclass(frozen=True)
class CopiedCell:
    """One code cell of the copy."""

    role: str  # "set-up", "restore", "student", "check" or "again"
    source: str
    exercises: tuple[str, ...] = ()
    key: str = ""  # the same cell has the same key in a second copy

    @property
    def checks(self) -> str:
        """The exercise that this cell checks, or "" if it is no check."""
        return self.exercises[0] if self.role in ("check", "again") else ""

    @property
    def seen_as(self) -> str:
        """The key of what was seen; the two checks of an exercise are told apart."""
        return f"{self.role} {self.key}" if self.checks else self.key


class _Plan:
    """The cells of the copy so far, and the exercises that have begun and whose check has no place yet."""

    def __init__(self, chapter: Chapter, cells: Sequence[Cell], folder: Path, extra: Path | None) -> None:
        self.chapter = chapter
        self.restore = f"{SLATE}.restore(globals(), {chapter.slug!r})"
        names = [each.name for each in chapter.exercises]
        self.checks = {
            each.name: f"{self.restore[:-1]}{_renamed(each.name, names, cells, chapter)})\n"
            f"{each.check}{_more(each, extra)}"
            for each in chapter.exercises
        }
        # where each exercise's last cell stands
        self.last = {name: index for index, cell in enumerate(cells) for name in chapter.marker_of(cell)}
        self.begun: list[str] = []
        self.copied = [
            CopiedCell("set-up", PROLOGUE.format(slate=SLATE, folder=str(folder.resolve())), key="path"),
            CopiedCell("set-up", chapter.set_up, key="set-up"),
        ]

    def place_checks(self, names: Sequence[str]) -> None:
        """The checks of these exercises come here."""
        for name in names:
            self.begun.remove(name)
            self.copied.append(CopiedCell("check", self.checks[name], (name,), f"check {name}"))

    def add(self, index: int, cell: Cell) -> None:
        """A student's cell; before an answer stand the checks of the exercises that have ended."""
        answered = [name for name in self.chapter.marker_of(cell) if name in self.checks]
        checked = [] if answered else [name for name in cell.marked("check") if name in self.checks]
        if answered:
            self.place_checks([n for n in self.begun if n not in answered and self.last[n] < index])
            if begins := [name for name in answered if name not in self.begun]:
                self.copied.append(CopiedCell("restore", self.restore, key=f"restore {index}"))
                self.begun += begins
        source = _students_part(self.chapter, cell, [self.checks[name] for name in checked])
        if source:
            owners = answered or checked or self.begun
            self.copied.append(CopiedCell("student", source, tuple(owners), f"cell {index}"))
        self.place_checks([name for name in checked if name in self.begun and self.last[name] < index])


def plan(
    chapter: Chapter,
    cells: Sequence[Cell],
    folder: Path,
    stopped: Set[str] = frozenset(),
    only: str | None = None,
    extra: Path | None = None,
) -> list[CopiedCell]:
    """Plan the cells of the copy, in order.

    The student's notebook lies in the folder, and their own modules may lie beside it. Left out are `stopped`, the
    keys of cells that ran too long or killed the kernel before, and what belongs to other exercises than `only`.
    """
    planned = _Plan(chapter, cells, folder, extra)
    for index, cell in enumerate(cells):
        if cell.is_code and cell.source.strip():
            planned.add(index, cell)
    planned.place_checks(list(planned.begun))
    again = [CopiedCell("again", check, (name,), f"check {name}") for name, check in planned.checks.items()]
    kept = [each for each in planned.copied + again if each.key not in stopped]
    return [each for each in kept if only is None or not each.exercises or only in each.exercises]


def _renamed(exercise: str, names: Sequence[str], cells: Sequence[Cell], chapter: Chapter) -> str:
    """The arguments that give an answer its exercise's name, if the one function of its cells has another name."""
    defined: list[str] = []
    for cell in cells:
        if exercise in chapter.marker_of(cell):
            with contextlib.suppress(SyntaxError, ValueError):
                defined += [n.name for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef)]
    return f", {exercise!r}, {defined[0]!r}" if len(defined) == 1 and defined[0] not in names else ""


def _more(exercise: Exercise, extra: Path | None) -> str:
    """The line that gives the same answer to the teacher's check of this exercise, where there is one."""
    if extra is None or exercise.name not in functions_of(extra):
        return ""
    call = next(node for node in ast.walk(ast.parse(exercise.check)) if isinstance(node, ast.Call))
    given = ", ".join(map(ast.unparse, call.args))
    return f"\n{SLATE}.further({str(extra.resolve())!r}, {exercise.name!r}, {given})"


@cache
def functions_of(path: Path) -> frozenset[str]:
    """List the names of the functions in a file of checks."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"the checks in {path} cannot be read: {error}") from None
    names = frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    if not names & {each.name for chapter in chapters().values() for each in chapter.exercises}:
        found = ", ".join(sorted(names)) or "none"
        raise ValueError(f"{path} has the functions {found}; expected one called as an exercise: kl(answer)")
    return names


def _students_part(chapter: Chapter, cell: Cell, checks: Sequence[str]) -> str:
    """What is left of a cell without the lines that we shipped: nothing, for a set-up or check cell."""
    if cell.is_set_up:
        # Added imports count; the shipped ones have run already.
        return "" if cell.source.split() == chapter.set_up.split() else cell.source
    if not checks:
        return cell.source
    shipped = {line.strip() for check in checks for line in check.splitlines()}
    rest = [line for line in cell.source.splitlines() if line.strip() not in shipped]
    return "\n".join(rest) if any(line.strip() and not line.strip().startswith("#") for line in rest) else ""


def as_notebook(steps: Sequence[CopiedCell]) -> str:
    """Write the copy as a file for nbval: code cells without outputs, run in this Python."""
    blank: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [blank | {"id": f"step-{number}", "source": step.source} for number, step in enumerate(steps)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
