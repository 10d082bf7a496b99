"""`gmcourse grade FOLDER --csv grades.csv`: a class judged side by side.

Beside `grades.csv` a folder `grades` is made: `results/`, one small file a submission, `feedback/`, one page each,
and with a roster the file that the learning platform takes back. An interrupted run is started again with the same
words: what was judged is not judged twice. It runs students' code; see the instructor's guide.
"""

import argparse
import math
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread, main_thread

from gmcourse.console import visible
from gmcourse.exercises.judge import feedback, gradebook, hand_ins, notebook, roster, submissions
from gmcourse.exercises.judge.check_command import add_limits
from gmcourse.exercises.judge.judged_copy import functions_of
from gmcourse.exercises.judge.judgement import judge
from gmcourse.exercises.judge.nbval_run import Limits
from gmcourse.exercises.judge.submissions import Submission
from gmcourse.storage import ensure_writable, write_atomically, write_text_atomically

IN_A_ROW = 5  # so many failures of the judge itself are no accident


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`gmcourse grade` takes the folder, the table, the limits and the share."""
    parser.add_argument("folder", type=Path, nargs="?", help="the students' notebooks, in folders or not")
    parser.add_argument("--csv", type=Path, required=True, help="the table to write")
    parser.add_argument("--jobs", type=int, default=_cpus(), help="notebooks at a time (default: one a core)")
    add_limits(parser)
    parser.add_argument("--roster", type=Path, metavar="FILE", help="the class, as your platform exports it")
    parser.add_argument("--column", metavar="NAME", help="the roster's column for the points")
    parser.add_argument("--points", type=float, help="for a notebook (default: as the roster says, else 10)")
    counts = "what an exercise counts, equal or stars (default: equal)"
    parser.add_argument("--weights", choices=("equal", "stars"), default="equal", help=counts)
    parser.add_argument("--shard", metavar="I/N", help="judge the I-th of N shares only; join with --merge")
    joined = "join results of shards; judges nothing"
    parser.add_argument("--merge", type=Path, nargs="+", metavar="RESULTS", help=joined)


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
    if arguments.folder:
        for path in (target, beside):
            if path.resolve().is_relative_to(arguments.folder.resolve()):
                raise ValueError(f"{path} would lie among the submissions; give --csv a path outside of them")
    ensure_writable(target)
    people = roster.read(arguments.roster, arguments.column) if arguments.roster else None
    points = arguments.points if arguments.points is not None else (people and people.most()) or 10.0
    if not 0 < points < math.inf:
        raise ValueError(f"--points is {points}; expected a number above 0")
    if arguments.merge:
        results = submissions.merge(arguments.merge)
    else:
        share = submissions.shard(hand_ins.collect(arguments.folder, beside / "unzipped"), arguments.shard)
        threads = max(1, _cpus() // arguments.jobs)
        limits = Limits(arguments.timeout, arguments.memory, arguments.total, threads)
        if arguments.shard:
            submissions.note_share(beside / "results", arguments.shard, share, done=False)
        results = grade(share, beside / "results", limits, arguments.jobs, arguments.extra)
    if arguments.shard:
        done = not any(each.fault for each in results)
        submissions.note_share(beside / "results", arguments.shard, results, done)
        print(visible(f"Judged: {len(results)}. To join: gmcourse grade --merge {beside} --csv {target}"))
    else:
        marking = gradebook.Marking(points, arguments.weights, people)
        try:
            _report(results, target, beside, marking)
        except OSError as error:
            kept = "what was judged is kept: start again with the same words"
            raise OSError(f"{target} and the folder {beside} cannot be written ({error}); {kept}") from error
    unjudged = [each for each in results if each.judgement is None]
    for each in unjudged:
        print(visible(f"{each.name}: {each.problem}"), file=sys.stderr)
    return 1 if unjudged else 0


def grade(
    share: Sequence[Submission], folder: Path, limits: Limits, jobs: int, extra: Path | None = None
) -> list[Submission]:
    """Judge what has no result yet, and store each result as it comes.

    Ctrl-C and SIGTERM are a `KeyboardInterrupt`: the running notebooks are stopped, the results so far stay.
    """
    from tqdm import tqdm

    key = f"{limits.seconds} {limits.gigabytes} {limits.total}"
    if extra is not None:
        functions_of(extra)  # refused before anything is judged
        key += extra.read_text(encoding="utf-8")
    results: list[Submission] = []
    failed = 0  # in a row, through no fault of the students
    halt = Event()
    is_main = current_thread() is main_thread()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if is_main else None
    try:
        with tqdm(total=len(share), desc="judged", unit="notebook") as bar, ThreadPoolExecutor(jobs) as pool:
            tasks = [pool.submit(_result, each, limits, halt, folder, key, extra) for each in share]
            try:
                for task in as_completed(tasks):
                    results.append(result := task.result())
                    bar.update()
                    failed = failed + 1 if result.fault else 0
                    if failed == IN_A_ROW:
                        said = f"{failed} submissions in a row could not be judged here: {result.problem}"
                        raise RuntimeError(f"{said}. Mend the machine and start again; what was judged is kept")
            except BaseException:
                halt.set()
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    return sorted(results, key=lambda each: each.name)


def _result(
    submission: Submission, limits: Limits, halt: Event, folder: Path, key: str, extra: Path | None
) -> Submission:
    """The stored result, or a new one. Whatever touches the submission is done in here, so that it costs no other."""
    result, mark = submission, ""
    try:
        mark = submissions.fingerprint(submission, key)
        if known := submissions.recall(folder / f"{submission.slug}.json", mark):
            return known
        if not submission.problem:
            result = _judged(submission, limits, halt, extra)
    except notebook.NotANotebook as error:
        result = replace(submission, problem=str(error).replace(str(submission.path), "the file"))
    except InterruptedError:
        raise
    except Exception as error:
        return replace(submission, problem=f"the judge failed: {error}", fault=True)
    try:
        submissions.store(folder, result, mark)
    except OSError as error:
        return replace(result, problem=f"the result cannot be written: {error}", fault=True)
    return result


def _judged(submission: Submission, limits: Limits, halt: Event, extra: Path | None) -> Submission:
    """Judge a notebook, unless it is the course's own solution; say so where only some answers are the course's."""
    solved, answers = notebook.marked_solved(notebook.read(submission.path)[0])
    if 0 < solved == answers:
        raise notebook.NotANotebook("this is the solved notebook that comes with the course")
    judgement = judge(submission.path, limits, halt, extra)
    copied = f"{solved} of its cells have the marks of the solution that comes with the course"
    return replace(submission, judgement=judgement, problem=copied if solved else "")


def _report(results: Sequence[Submission], target: Path, beside: Path, marking: gradebook.Marking) -> None:
    """Write the table, the pages, and what the platform takes back."""
    folder = beside / "feedback"
    _extract(results, beside / "code")
    table = gradebook.as_csv(results, marking)
    write_text_atomically(target, table, encoding="utf-8-sig")  # Excel needs the mark
    pages = {folder / f"{each.slug}.html": feedback.page_of(each) for each in results}
    for path, page in pages.items():
        write_text_atomically(path, page)
    for old in {*folder.glob(f"*-{'[0-9a-f]' * 8}.html")} - {*pages}:
        old.unlink()  # of a hand-in that is gone
    write_text_atomically(folder / "index.html", feedback.index(results))
    print(visible(f"{len(results)} submissions: {target}; feedback: {folder / 'index.html'}"))
    people = marking.people
    if people is not None:
        upload, points = beside / f"{people.kind}.csv", marking.by_row(results)
        write_text_atomically(upload, people.filled(points))
        print(visible(f"for your platform: {upload}"))
        most = people.most() or math.inf
        if above := sum(reached > most for reached, _ in points.values()):
            print(f"above the {most:g} points that the roster names: {above}", file=sys.stderr)
        for each in results:
            if (times := len(people.called(each))) != 1:
                how = f"{times} times" if times else "not"
                print(visible(f"{how} on the roster: {each.student} ({each.name})"), file=sys.stderr)
    if packed := gradebook.moodle_feedback(results):
        write_atomically(beside / "moodle_feedback.zip", packed)
        print(visible(f"for Moodle's upload of feedback files: {beside / 'moodle_feedback.zip'}"))


def _extract(results: Sequence[Submission], folder: Path) -> None:
    """Write each student's code as plain files, a folder each, for programs that look for copies."""
    shutil.rmtree(folder / "students", ignore_errors=True)
    for each in results:
        if each.judgement is not None:
            code = "\n\n\n".join(verdict.code for verdict in each.judgement.verdicts) + "\n"
            code = re.sub(r"^(\s*)([%!?])", r"\1# \2", code, flags=re.MULTILINE)  # IPython's, not Python
            write_text_atomically(folder / "students" / each.slug / f"{each.judgement.chapter}.py", code)
    for name in {each.judgement.chapter for each in results if each.judgement}:
        cells = [cell.source for cell in notebook.chapter(name).cells if cell.marked("exercise")]
        write_text_atomically(folder / "handed_out" / f"{name}.py", "\n\n\n".join(cells) + "\n")


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
