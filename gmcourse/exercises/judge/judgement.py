"""Judging a notebook: its copy is run, as often as it takes, and each exercise gets a verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from gmcourse.exercises.judge import nbval_run, notebook
from gmcourse.exercises.judge.judged_copy import CopiedCell, plan
from gmcourse.exercises.judge.nbval_run import Limits, NbvalRun, SeenCell

PASSED, FAILED, NOT_DONE, STOPPED = "passed", "failed", "not done", "stopped"
TRIES = 3  # after a process was lost through nobody's fault
PLACE = re.compile(r"\((?:<[^>]*>|[^(),]*), line (\d+)\)")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one exercise, with what was wrong and the next hint."""

    exercise: str
    title: str
    status: str
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Judgement:
    """The verdicts on all exercises of a notebook."""

    chapter: str
    title: str
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> int:
        """How many exercises passed."""
        return sum(each.status == PASSED for each in self.verdicts)

    @property
    def all_passed(self) -> bool:
        """Whether nothing is left to do."""
        return self.passed == len(self.verdicts)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Judgement:
        """The judgement whose `asdict` this was."""
        return Judgement(data["chapter"], data["title"], tuple(Verdict(**each) for each in data["verdicts"]))


def judge(path: Path, limits: Limits | None = None, halt: Event | None = None) -> Judgement:
    """Judge a student's notebook.

    Args:
        path: the notebook, in whatever state.
        limits: of time and memory.
        halt: once set, everything is stopped and `InterruptedError` raised.

    Raises:
        NotANotebook: it is none, or none of this course.
        RuntimeError: the judge itself cannot run here.
    """
    limits = limits or Limits()
    cells, metadata = notebook.read(path)
    chapter = notebook.chapter_of(path, cells, metadata)
    stopped: dict[str, str] = {}
    lost = 0
    while True:
        steps = plan(chapter, cells, path.parent, stopped.keys())
        run = nbval_run.run(steps, limits, halt)
        if run.lost:
            lost += 1
            if lost >= TRIES:
                raise RuntimeError(f"{path}: the judge's process was killed {lost} times; is memory short?")
        elif run.culprit is None and run.reason:
            reason = _in_words(run.reason, limits)
            raise RuntimeError(f"{path}: the judge {reason} before the first cell; run `gmcourse doctor`")
        elif run.culprit in ("path", "set-up"):
            raise RuntimeError(f"the set-up cell {_in_words(run.reason, limits)}; allow more time or memory")
        elif run.culprit is not None:
            stopped[run.culprit] = _in_words(run.reason, limits)
        else:
            break
    if (seen := run.seen.get("set-up")) and seen.name:
        raise RuntimeError(
            f"the set-up cell stops with {seen.name}: {seen.message.splitlines()[0]}; run `gmcourse doctor`"
        )
    all_steps = plan(chapter, cells, path.parent)
    verdicts = tuple(_verdict(each, all_steps, run, stopped) for each in chapter.exercises)
    return Judgement(chapter.name, chapter.title, verdicts)


def _in_words(reason: str, limits: Limits) -> str:
    return f"ran longer than {limits.seconds:g} s and was stopped" if reason == "timeout" else reason


def _verdict(
    exercise: notebook.Exercise, steps: list[CopiedCell], run: NbvalRun, stopped: dict[str, str]
) -> Verdict:
    """One exercise, from what was seen of its cells and its two checks."""
    name = exercise.name
    checks = [run.seen[key] for role in ("check", "again") if (key := f"{role} check {name}") in run.seen]
    mine = [step for step in steps if step.role == "student" and name in step.exercises]
    if any(seen.passed for seen in checks):
        return Verdict(name, exercise.title, PASSED)
    if reason := stopped.get(f"check {name}"):
        return _with_hint(exercise, STOPPED, f"the answer {reason}")
    for step in mine:
        if reason := stopped.get(step.key):
            return _with_hint(exercise, STOPPED, f"a cell of the answer {reason}")
    for seen in checks:
        if seen.name in ("Mistake", "NotDone"):
            return _with_hint(exercise, FAILED if seen.name == "Mistake" else NOT_DONE, seen.message)
    for step in mine:
        if (seen := run.seen.get(step.key, SeenCell())).name:
            return _with_hint(exercise, FAILED, f"its cell stops with {_error(seen)}")
    if not mine:
        missing = f"its cell is missing: no cell begins with `# exercise: {name}`"
        return _with_hint(exercise, NOT_DONE, missing)
    stops = [f"the check stops with {_error(seen)}" for seen in checks if seen.name]
    return _with_hint(exercise, FAILED, [*stops, "the check printed no verdict"][0])


def _error(seen: SeenCell) -> str:
    """An exception in one line, its place as the student sees it."""
    first = next(iter(seen.message.strip().splitlines()), "")
    place = PLACE.sub(r"(line \1)", first)
    return f"{seen.name}: {place}"[:300] if place else seen.name


def _with_hint(exercise: notebook.Exercise, status: str, message: str) -> Verdict:
    """The first hint for those who have not begun, the second for those who have."""
    hints = exercise.hints
    hint = "" if not hints else hints[0] if status == NOT_DONE else hints[-1]
    return Verdict(exercise.name, exercise.title, status, message, " ".join(hint.split()))
