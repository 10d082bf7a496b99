"""nbval in a process of its own, watched: time for each cell, memory for all of it."""

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from gmcourse.exercises.judge.judged_copy import CopiedCell, as_notebook
from gmcourse.exercises.mistakes import passed_line

PAUSE = 0.1  # seconds between two looks at the memory
GRACE = 30.0  # seconds beyond a cell's time after which nbval is stuck, in a flood of output, say
SET_UP = 300.0  # seconds for cells of ours: on a busy machine torch takes long to load
THEIRS = ("student", "check", "again")  # cells in which a student's code runs
DEAD = "ended the kernel (out of memory, a crash, or an exit)"
KILLED = "ended the process that judges it"
OUT_OF_TIME = "out of time"
Roles = list[dict[str, Any]]  # of the cells, what the plugin knows of each
PACKAGES = Path(__file__).parents[3]
PLUGINS = "-p gmcourse.exercises.judge.nbval_events -p nbval.plugin -p no:cacheprovider"
PATIENCE = "--nbval-kernel-startup-timeout 300"
NBVAL = f"-c pytest.ini --rootdir . {PLUGINS} --nbval-lax --nbval-current-env --tb=no -q {PATIENCE}".split()


@dataclass(frozen=True)
class Limits:
    """What a student's code may use."""

    seconds: float = 60.0  # a cell
    gigabytes: float = 4.0  # of memory, kernel and its children, pages that they share counted once
    total: float = 300.0  # seconds a notebook, over all its runs, without what is ours
    threads: int | None = None  # of torch; None leaves it alone

    def __post_init__(self) -> None:
        for words, value in (("a cell", self.seconds), ("the whole notebook", self.total)):
            if not 0 < value < math.inf:
                raise ValueError(f"the time limit of {words} is {value} s; expected a number above 0")
        if not 0.5 <= self.gigabytes < math.inf:
            raise ValueError(f"the memory limit is {self.gigabytes} GB; importing torch alone needs 0.5")


@dataclass(frozen=True)
class SeenCell:
    """What nbval saw in one cell."""

    passed: bool = False  # the line of a passed check was printed, and nothing was raised
    name: str = ""  # of the exception
    message: str = ""


@dataclass
class NbvalRun:
    """What one run of nbval saw: cells by key, and the cell that ended it early, if one did."""

    seen: dict[str, SeenCell]
    culprit: str | None = None  # also the cell that was running when the process was lost
    reason: str = ""
    lost: bool = False  # the process was killed
    seconds: float = 0.0  # that the student's cells took


def run(steps: Sequence[CopiedCell], limits: Limits, halt: Event | None = None, left: float = math.inf) -> NbvalRun:
    """Write the copy to a temporary folder, run nbval on it, watch it; `left` seconds are there for student's cells.

    Where pytest, nbval or the kernel does not start, it is a `RuntimeError`; once `halt` is set, `InterruptedError`.
    """
    with tempfile.TemporaryDirectory(prefix="gmcourse-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "copy.ipynb").write_text(as_notebook(steps), encoding="utf-8")
        # what the plugin knows of each cell: in a file, since hundreds of cells do not fit into the environment
        roles: Roles = [
            {"role": step.role, "exercise": step.checks, "line": step.checks and passed_line(step.checks)}
            | {"seconds": limits.seconds if step.role in THEIRS else SET_UP}
            for step in steps
        ]
        (folder / "steps").write_text(json.dumps(roles), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        # What is read while the student's code runs, or after it, is opened before: the files may be deleted.
        with (folder / "output").open("w+b") as output, (folder / "events").open("w+b") as events:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *NBVAL, "copy.ipynb"],
                cwd=folder,
                env=_environment(folder, limits),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                reason, seconds = _watch(process, events, roles, limits, halt, left)
            finally:
                _kill(process, str(folder / "steps"))
            return replace(_read(steps, events, reason, process.returncode, output), seconds=seconds)


def _environment(folder: Path, limits: Limits) -> dict[str, str]:
    """Ours, without what would lead pytest or IPython astray, and with its own IPython profile."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    path = [str(PACKAGES), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {
        "GMCOURSE_EVENTS": str(folder / "events"),
        "GMCOURSE_STEPS": str(folder / "steps"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(path),
    }
    if limits.threads is not None:
        environment |= {"OMP_NUM_THREADS": str(limits.threads), "MKL_NUM_THREADS": str(limits.threads)}
    return environment


def _lines(file: BinaryIO) -> list[dict[str, Any]]:
    """The events so far; a half-written last one is left for later."""
    file.seek(0)
    found = []
    for line in file.read().decode("utf-8", "replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return found


def _watch(
    process: subprocess.Popen[bytes], events: BinaryIO, roles: Roles, limits: Limits, halt: Event | None, left: float
) -> tuple[str, float]:
    """Wait for the end; returns why we ended it ourselves, or "", and how long the student's cells took."""
    import psutil

    size, kernel_gone, took = 0, 0, 0.0
    now = changed = time.monotonic()
    last: dict[str, Any] = {}
    role: dict[str, Any] = {"role": "", "seconds": SET_UP}  # of the cell that runs
    while process.poll() is None:
        time.sleep(PAUSE)
        before, now = now, time.monotonic()
        took += now - before if role["role"] in THEIRS else 0.0
        if halt is not None and halt.is_set():
            raise InterruptedError("stopped")
        family, top = [], []
        with contextlib.suppress(psutil.Error):
            top = [psutil.Process(process.pid)]
            family = [p for p in top[0].children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
        if _exceeds([*top, *family], limits.gigabytes * 2**30):
            return f"used more than {limits.gigabytes:.3g} GB of memory and was stopped", took
        if (grown := os.fstat(events.fileno()).st_size) != size:
            size, changed = grown, now
            last = (_lines(events) or [last])[-1]
            role = roles[last["cell"]] if "cell" in last else role
        kernel_gone = kernel_gone + 1 if last.get("event") == "start" and not family else 0
        if kernel_gone >= 5:  # half a second: no race with a kernel that shuts down in order
            return DEAD, took
        if took > left:
            return OUT_OF_TIME, took
        if now - changed > role["seconds"] + GRACE:
            return "timeout", took
    return "", took


def _exceeds(family: Sequence[Any], limit: float) -> bool:
    """Ask whether these processes hold more bytes than that, pages that they share counted once."""
    import psutil

    resident, proportional = 0, 0
    for member in family:
        with contextlib.suppress(psutil.Error):
            resident += member.memory_info().rss
    for member in family if resident > limit else ():
        with contextlib.suppress(psutil.Error):
            full = member.memory_full_info()
            proportional += getattr(full, "pss", full.uss)
    return proportional > limit


def _kill(process: subprocess.Popen[bytes], steps: str) -> None:
    """End pytest and whatever it started that still lives, also what has left its family and has its environment."""
    import psutil

    family = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    for each in psutil.process_iter(["environ"]):
        family += [each] if (each.info["environ"] or {}).get("GMCOURSE_STEPS") == steps else []
    process.kill()
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()
    process.wait()


def _read(steps: Sequence[CopiedCell], file: BinaryIO, reason: str, status: int, output: BinaryIO) -> NbvalRun:
    """Make sense of the events."""
    events = _lines(file)
    seen: dict[str, SeenCell] = {}
    last: str | None = None  # the cell that runs, or ended last: a thread of it may have done what was done
    for event in events:
        if event["event"] == "no kernel":
            raise RuntimeError(f"the Jupyter kernel does not start: {event['reason']}; run `gmcourse doctor`")
        if event["event"] == "finish":
            return NbvalRun(seen)
        step = steps[event["cell"]]
        last = step.key
        if event["event"] == "end":
            seen[step.seen_as] = SeenCell(bool(event["passed"]), str(event["name"]), str(event["message"]))
        elif event["event"] == "timeout":
            return NbvalRun(seen, last, "timeout")
        elif event["event"] == "dead":
            # "Kernel dead on test start": the cell before did it.
            before = "on test start" in str(event["message"])
            return NbvalRun(seen, steps[max(0, event["cell"] - before)].key, DEAD)
    if not reason and not events and status > 0:
        output.seek(0)
        tail = output.read().decode("utf-8", "replace").strip().splitlines()[-3:]
        raise RuntimeError(f"nbval does not run here: {' '.join(tail)[:500]}; run `gmcourse doctor`")
    return NbvalRun(seen, last, reason, lost=not reason)
