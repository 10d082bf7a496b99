"""Judging a notebook: its copy is run, as often as it takes, and each exercise gets a verdict."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from gmcourse.exercises.judge import nbval_run, notebook
from gmcourse.exercises.judge.judged_copy import CopiedCell, plan
from gmcourse.exercises.judge.nbval_run import DEAD, KILLED, OUT_OF_TIME, Limits, NbvalRun, SeenCell

PASSED, FAILED, NOT_DONE, STOPPED = "passed", "failed", "not done", "stopped"
TRIES = 3  # after a process was lost through nobody's fault
MOST_RUNS = 40  # of one notebook
PLACE = re.compile(r"\((?:<[^>]*>|[^(),]*), line (\d+)\)")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one exercise, with what was wrong and the next hint."""

    exercise: str
    title: str
    status: str
    message: str = ""
    hint: str = ""
    code: str = ""  # of the student's cells


@dataclass(frozen=True)
class Judgement:
    """The verdicts on all exercises of a notebook."""

    chapter: str
    title: str
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> int:
        """Count how many exercises passed."""
        return sum(each.status == PASSED for each in self.verdicts)


def judge(
    path: Path, limits: Limits | None = None, halt: Event | None = None, extra: Path | None = None
) -> Judgement:
    """Judge a student's notebook.

    What is no notebook of this course is `NotANotebook`; where the judge itself cannot run, it is a `RuntimeError`.

    Once `halt` is set, everything is stopped and `InterruptedError` raised. `extra` is a teacher's file with further
    checks; a function called as an exercise gets the same answer.
    """
    limits = limits or Limits()
    cells, metadata = notebook.read(path)
    chapter = notebook.chapter_of(path, cells, metadata)
    runs = _Runs(partial(plan, chapter, cells, path.parent, extra=extra), limits, halt, limits.total)
    runs.make()
    steps = plan(chapter, cells, path.parent)
    verdicts = tuple(_verdict(each, steps, runs.seen, runs.stopped) for each in chapter.exercises)
    return Judgement(chapter.name, chapter.title, verdicts)


@dataclass
class _Runs:
    """The runs of one notebook's copy: as many as it takes, within the time for all of them."""

    plan: Callable[..., list[CopiedCell]]
    limits: Limits
    halt: Event | None
    left: float  # seconds
    count: int = 0
    seen: dict[str, SeenCell] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)  # the key of a cell → why it was stopped

    def make(self) -> None:
        """Run the copy until every cell was seen or stopped.

        A cell that is stopped is left out of the next run. What ends the kernel may be no fault of the cell that
        was running, but of a timer, say, that was set long before: so its exercise is run once more, alone.
        """
        done: set[str] = set()
        over = False
        while (run := self._run(done)).culprit is not None:
            if run.reason in (DEAD, KILLED):
                owners = next(s.exercises for s in self.plan() if s.key == run.culprit)
                if owners and all(self._run(only=name).culprit is None for name in owners):
                    done |= {step.key for step in self.plan() if set(step.exercises) & set(owners)}
                    continue
            self.stopped[run.culprit] = _in_words(run.reason, self.limits)
            if (over and run.reason == OUT_OF_TIME) or self.count > MOST_RUNS:
                break
            if run.reason == OUT_OF_TIME:  # the others get the time of two cells, a part of it each
                over, self.left = True, 2 * self.limits.seconds
                self.limits = replace(self.limits, seconds=self.limits.seconds / 4)

    def _run(self, done: Set[str] = frozenset(), only: str | None = None) -> NbvalRun:
        """One run that is the notebook's own doing; the machine's faults are tried again, or raised."""
        lost_at: list[str | None] = []
        while True:
            steps = self.plan(self.stopped.keys() | done, only)
            run = nbval_run.run(steps, self.limits, self.halt, self.left)
            self.left -= run.seconds
            self.count += 1
            if run.lost and (run.culprit is None or lost_at.count(run.culprit) == 0):
                lost_at.append(run.culprit)
                if len(lost_at) >= TRIES:
                    raise RuntimeError(f"the judge's process was killed {TRIES} times; is memory short?")
                continue
            if run.lost:
                run.reason = KILLED  # twice at the same cell: it is the cell
            self._check_ours(run)
            self.seen = run.seen | self.seen | {k: seen for k, seen in run.seen.items() if seen.passed}
            return run

    def _check_ours(self, run: NbvalRun) -> None:
        """Where our own cells do not run, the machine is at fault."""
        if run.reason and run.culprit in (None, "path", "set-up"):
            reason = _in_words(run.reason, self.limits)
            raise RuntimeError(f"the judge {reason} before the first cell; run `gmcourse doctor`")
        if (begun := run.seen.get("set-up")) and begun.name:
            raise RuntimeError(f"the set-up cell stops with {_error(begun)}; run `gmcourse doctor`")


def _in_words(reason: str, limits: Limits) -> str:
    if reason == OUT_OF_TIME:
        return f"was running when the {limits.total:g} s of the whole notebook were over"
    return f"ran longer than {limits.seconds:g} s and was stopped" if reason == "timeout" else reason


def _verdict(
    exercise: notebook.Exercise, steps: list[CopiedCell], seen: dict[str, SeenCell], stopped: dict[str, str]
) -> Verdict:
    """One exercise, from what was seen of its cells and its two checks."""
    name = exercise.name
    mine = [step for step in steps if step.role == "student" and name in step.exercises]
    status, message = _found(name, mine, seen, stopped)
    # the first hint for those who have not begun, the last for those who have, none for those who are done
    hints = exercise.hints[:1] if status == NOT_DONE else exercise.hints[-1:] * (status != PASSED)
    code = "\n\n".join(step.source for step in mine)
    return Verdict(name, exercise.title, status, message, " ".join("".join(hints).split()), code)


def _found(name: str, mine: list[CopiedCell], cells: dict[str, SeenCell], stopped: dict[str, str]) -> tuple[str, str]:
    """The verdict on an exercise and its message; `mine` are the student's cells for it."""
    checks = [cells[key] for role in ("check", "again") if (key := f"{role} check {name}") in cells]
    for seen in checks:
        if seen.passed:
            return PASSED, seen.message
    if reason := stopped.get(f"check {name}"):
        return STOPPED, f"the answer {reason}"
    for step in mine:
        if reason := stopped.get(step.key):
            return STOPPED, f"a cell of the answer {reason}"
    for seen in checks:
        if seen.name in ("Mistake", "NotDone"):
            return FAILED if seen.name == "Mistake" else NOT_DONE, seen.message
    for step in mine:
        if (seen := cells.get(step.key, SeenCell())).name:
            return FAILED, f"its cell stops with {_error(seen)}"
    if not mine:
        return NOT_DONE, f"its cell is missing: no cell begins with `# exercise: {name}`"
    if not checks and stopped:
        return STOPPED, "a cell before it took all of the notebook's time"
    if any(seen.name == "NameError" and f"'{name}'" in seen.message for seen in checks):
        return FAILED, f"nothing is called `{name}`: write the answer under this name"
    stops = [f"the check stops with {_error(seen)}" for seen in checks if seen.name]
    return FAILED, [*stops, "the check printed no verdict"][0]


def _error(seen: SeenCell) -> str:
    """Say an exception in one line, with its place as the student sees it."""
    first = next(iter(seen.message.strip().splitlines()), "")
    place = PLACE.sub(r"(line \1)", first)
    return f"{seen.name}: {place}"[:300] if place else seen.name
