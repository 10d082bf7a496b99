"""`gmcourse check FILE`: one notebook judged, and a short table."""

import argparse
import os
import shutil
import textwrap
from pathlib import Path

from gmcourse.console import visible
from gmcourse.exercises.judge.judgement import FAILED, NOT_DONE, PASSED, STOPPED, Judgement, judge
from gmcourse.exercises.judge.nbval_run import Limits

SIGNS = {PASSED: "✓", FAILED: "✗", NOT_DONE: "·", STOPPED: "✗"}


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the limits that `check` and `grade` share."""
    for word, default, metavar, words in (
        ("--timeout", 60.0, "S", "seconds a cell (default: 60)"),
        ("--total", 300.0, "S", "seconds of a notebook's cells, all runs of it (default: 300)"),
        ("--memory", 4.0, "GB", "memory (default: 4 GB)"),
    ):
        parser.add_argument(word, type=float, default=default, metavar=metavar, help=words)
    parser.add_argument("--extra", type=Path, metavar="FILE", help="further checks of your own, in one file")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`gmcourse check` takes the file and the limits."""
    parser.add_argument("file", type=Path, help="an exercise notebook, as the student saved it")
    parser.add_argument("--hints", action="store_true", help="print a hint for what is open")
    add_limits(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge the notebook and print the table; the exit status is 0 only if all exercises pass."""
    if "GMCOURSE_EVENTS" in os.environ:
        return 0  # `!gmcourse check` stands in a cell of the notebook that is being judged
    limits = Limits(arguments.timeout, arguments.memory, arguments.total)
    judgement = judge(arguments.file, limits, extra=arguments.extra)
    print(table(judgement, hints=arguments.hints))
    return 0 if judgement.passed == len(judgement.verdicts) else 1


def table(judgement: Judgement, *, hints: bool = False, width: int | None = None) -> str:
    """The judgement as lines: each exercise, its verdict, what was wrong, and the next hint."""
    width = width or min(110, shutil.get_terminal_size((100, 20)).columns)
    names = max(len(each.exercise) for each in judgement.verdicts)
    indent = " " * (names + 15)
    lines = [judgement.title, ""]
    for each in judgement.verdicts:
        head = f"  {SIGNS[each.status]} {each.exercise:<{names}}  {each.status:<8}  "
        said = [line for line in each.message.splitlines() if line.strip()][:4]
        if each.status == NOT_DONE and said == ["not done yet"]:
            said = []
        said += [f"Hint: {each.hint}"] * (hints and bool(each.hint))
        wide = max(30, width - len(indent))
        wrapped = [p for line in said for p in textwrap.wrap(visible(line), wide, break_on_hyphens=False)]
        lines += [(head + "".join(wrapped[:1])).rstrip(), *(indent + part for part in wrapped[1:])]
    lines += ["", f"{judgement.passed} of {len(judgement.verdicts)} passed."]
    return "\n".join(lines)
