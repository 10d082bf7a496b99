"""One answer tried in this process: set-up cell, answer, check cell, as a kernel would run them."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from gmcourse import zoo
from gmcourse.data import faces
from gmcourse.exercises.judge.notebook import Chapter
from gmcourse.exercises.mistakes import Mistake, NotDone, passed_line

SAVED = str(Path(__file__).parents[2] / "notebooks" / "solutions")  # where the files of open tasks lie


def _made_once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Hand out a fresh copy of what was made the first time for the same arguments.

    Half of the time that the open tasks of all answers take is spent on loading the same models and drawing the same
    faces. An answer that spoils its copy spoils no other's.
    """
    kept = cache(make)
    return functools.wraps(make)(lambda *arguments, **named: copy.deepcopy(kept(*arguments, **named)))


_read, _kept, _faces = zoo.load, _made_once(zoo.load), _made_once(faces.load)


def _model(name: str, *more: Any, own: bool | str | Path = False) -> Any:
    """Give a model of the package, which never changes, from memory, and one's own as it is on the disk now."""
    return _read(name, *more, own=own) if own else _kept(name, *more)


@dataclass(frozen=True)
class Outcome:
    """How an answer fared: the verdict of its check, and what it said."""

    status: str  # "passed", "failed", "not done" or "broke" (another exception reached the check cell)
    message: str = ""

    @property
    def reason(self) -> str:
        """The first line: the reason without the numbers."""
        return self.message.partition("\n")[0]


@cache
def _set_up(chapter: Chapter) -> dict[str, Any]:
    """The names that the set-up cell makes. It asks torch for deterministic algorithms; we undo that."""
    import torch

    before = torch.are_deterministic_algorithms_enabled()
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(chapter.set_up, "<set-up>", "exec"), names)
    finally:
        torch.use_deterministic_algorithms(before)
    return names


def attempt(chapter: Chapter, exercise: str, source: str, seed: int = 0) -> Outcome:
    """Run an answer and its check. Prints nothing, changes nothing outside.

    Args:
        chapter: where the set-up and the check cell come from.
        exercise: the exercise's name.
        source: the student's cell.
        seed: of the check's inputs, so that a run of the tests is no lottery; answers are tried with several.
    """
    names = dict(_set_up(chapter))
    check = next(each.check for each in chapter.exercises if each.name == exercise)
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
            mock.patch("gmcourse.exercises.exercise._seed", seed),
            mock.patch.object(zoo, "load", _model),
            mock.patch.object(faces, "load", _faces),
            mock.patch.object(sys, "path", [*sys.path, SAVED]),
        ):
            exec(compile(source, f"<{exercise}>", "exec"), names)
            exec(compile(check, f"<check: {exercise}>", "exec"), names)
    except NotDone as verdict:
        return Outcome("not done", str(verdict))
    except Mistake as verdict:
        return Outcome("failed", str(verdict))
    except Exception as error:
        return Outcome("broke", f"{type(error).__name__}: {error}")
    if passed_line(exercise) not in printed.getvalue().splitlines():
        return Outcome("broke", "the check printed no verdict")
    return Outcome("passed")
