"""`gmcourse grade FOLDER --csv grades.csv`: a class judged side by side.

Beside `grades.csv` a folder `grades` is made: `results/`, one small file a submission, and `feedback/`, one
page each. An interrupted run is started again with the same words: what was judged is not judged twice.
It runs students' code; see the instructor's guide.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import FrameType

from gmcourse.console import visible
from gmcourse.exercises.judge import gradebook, submissions
from gmcourse.exercises.judge.check_command import add_limits, limits_of
from gmcourse.exercises.judge.judgement import judge
from gmcourse.exercises.judge.nbval_run import Limits
from gmcourse.exercises.judge.notebook import NotANotebook
from gmcourse.exercises.judge.submissions import Result, Submission
from gmcourse.storage import write_text_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`gmcourse grade` takes the folder, the table, the limits and the share."""
    parser.add_argument("folder", type=Path, nargs="?", help="the students' notebooks, in folders or not")
    parser.add_argument("--csv", type=Path, required=True, help="the table to write")
    parser.add_argument("--jobs", type=int, default=_cpus(), help="notebooks at a time (default: one a core)")
    add_limits(parser)
    parser.add_argument("--shard", metavar="I/N", help="judge the I-th of N shares only; join with --merge")
    parser.add_argument(
        "--merge", type=Path, nargs="+", metavar="RESULTS", help="join results of shards; judges nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge or join, and report; the exit status is 1 if a submission could not be judged."""
    target: Path = arguments.csv
    if (arguments.folder is None) == (arguments.merge is None):
        raise ValueError("expected either FOLDER or --merge RESULTS …")
    if arguments.jobs < 1:
        raise ValueError(f"--jobs is {arguments.jobs}; expected at least 1")
    if target.is_dir():
        raise ValueError(f"--csv is {target}, a folder; expected a file such as grades.csv")
    beside = target.with_suffix("") if target.suffix else target.with_name(target.name + ".grades")
    if arguments.merge:
        results = submissions.merge(arguments.merge)
    else:
        share = submissions.shard(submissions.collect(arguments.folder), arguments.shard)
        threads = max(1, _cpus() // arguments.jobs)
        limits = limits_of(arguments, threads)
        results = grade(share, beside / "results", limits, arguments.jobs)
    if arguments.shard:
        join = visible(f"gmcourse grade --merge {beside} --csv {target}")
        print(f"Judged: {len(results)}. Join the shares: {join}")
    else:
        _report(results, target, beside / "feedback")
    unjudged = [each for each in results if each.judgement is None]
    for each in unjudged:
        print(visible(f"{each.name}: {each.problem}"), file=sys.stderr)
    return 1 if unjudged else 0


def grade(share: Sequence[Submission], folder: Path, limits: Limits, jobs: int) -> list[Result]:
    """Judge what has no result yet, and store each result as it comes.

    Args:
        share: the submissions.
        folder: where results lie.
        limits: of each notebook.
        jobs: how many at a time.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM; the running notebooks are stopped, the results so far stay.
    """
    from tqdm import tqdm

    key = f"{limits.seconds} {limits.gigabytes} {limits.total}"
    marks = {each.name: submissions.fingerprint(each, key) for each in share}
    known = {each.name: submissions.recall(folder / f"{each.slug}.json", marks[each.name]) for each in share}
    results = [result for result in known.values() if result]
    rest = [each for each in share if known[each.name] is None]
    halt = Event()
    before = signal.signal(signal.SIGTERM, _as_interrupt) if current_thread() is main_thread() else None
    try:
        with (
            tqdm(total=len(share), initial=len(results), desc="judged", unit="notebook") as bar,
            ThreadPoolExecutor(jobs) as pool,
        ):
            tasks = {pool.submit(_result, each, limits, halt): each for each in rest}
            try:
                for task in as_completed(tasks):
                    result, lasting = task.result()
                    if lasting:
                        submissions.store(folder, result, marks[result.name])
                    results.append(result)
                    bar.update()
            except BaseException:
                halt.set()
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    return sorted(results, key=lambda each: each.name)


def _result(submission: Submission, limits: Limits, halt: Event) -> tuple[Result, bool]:
    """A result, and whether it will be the same the next time."""
    began = time.monotonic()
    judgement, problem, lasting = None, "", True
    if submission.path.is_dir():
        problem = "no notebook was handed in"
    else:
        try:
            judgement = judge(submission.path, limits, halt)
        except NotANotebook as error:
            problem = str(error).replace(str(submission.path), submission.name)
        except InterruptedError:
            raise
        except Exception as error:  # our fault or the machine's: say so, go on with the others
            problem, lasting = f"the judge failed: {error}", False
    seconds = round(time.monotonic() - began, 2)
    return Result(submission.student, submission.name, submission.slug, judgement, problem, seconds), lasting


def _report(results: Sequence[Result], target: Path, folder: Path) -> None:
    """Write the table and the pages."""
    write_text_atomically(target, gradebook.as_csv(results), encoding="utf-8-sig")  # Excel needs the mark
    for each in results:
        write_text_atomically(folder / f"{each.slug}.html", gradebook.feedback(each))
    write_text_atomically(folder / "index.html", gradebook.index(results))
    print(visible(f"{len(results)} submissions: {target}; feedback: {folder / 'index.html'}"))


def _as_interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
