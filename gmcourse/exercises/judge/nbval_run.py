"""nbval in a process of its own, watched: time for each cell, memory for all of it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from gmcourse.exercises.judge.judged_copy import CopiedCell, as_notebook
from gmcourse.exercises.mistakes import passed_line

PAUSE = 0.1  # seconds between two looks at the memory
GRACE = 90.0  # seconds beyond a cell's time after which nbval itself counts as stuck
DEAD = "ended the kernel (out of memory, a crash, or an exit)"
PACKAGES = Path(__file__).parents[3]
PLUGINS = "-p gmcourse.exercises.judge.nbval_events -p nbval.plugin -p no:cacheprovider"
NBVAL = (
    f"-c pytest.ini --rootdir . {PLUGINS} --nbval-lax --nbval-current-env --tb=no -q "
    "--nbval-kernel-startup-timeout 120 --nbval-cell-timeout"
).split()


@dataclass(frozen=True)
class Limits:
    """What a student's code may use."""

    seconds: float = 60.0  # a cell
    memory: int = 4 * 2**30  # bytes resident, kernel and its children
    threads: int | None = None  # of torch; None leaves it alone

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise ValueError(f"the time limit is {self.seconds} s; expected more than 0")
        if self.memory < 2**29:
            raise ValueError(f"the memory limit is {self.memory >> 20} MB; importing torch alone needs 512")


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
    culprit: str | None = None
    reason: str = ""
    lost: bool = False  # the process was killed from outside; nobody's fault


def run(steps: Sequence[CopiedCell], limits: Limits, halt: Event | None = None) -> NbvalRun:
    """Write the copy to a temporary folder, run nbval on it, watch it.

    Raises:
        RuntimeError: pytest, nbval or the kernel does not start here.
        InterruptedError: `halt` was set.
    """
    with tempfile.TemporaryDirectory(prefix="gmcourse-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        copy, events, output = folder / "copy.ipynb", folder / "events", folder / "output"
        copy.write_text(as_notebook(steps), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *NBVAL, str(limits.seconds), str(copy)],
                cwd=folder,
                env=_environment(folder, events, steps, limits),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                reason = _watch(process, events, limits, halt)
            finally:
                _kill(process)
        return _read(steps, events, reason, process.returncode, output)


def _environment(folder: Path, events: Path, steps: Sequence[CopiedCell], limits: Limits) -> dict[str, str]:
    """Ours, without what would lead pytest or IPython astray, and with its own IPython profile."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    roles = [
        {"role": step.role, "exercise": step.checks, "line": passed_line(step.checks) if step.checks else ""}
        for step in steps
    ]
    path = [str(PACKAGES), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {
        "GMCOURSE_EVENTS": str(events),
        "GMCOURSE_STEPS": json.dumps(roles),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(path),
    }
    if limits.threads is not None:
        environment |= {"OMP_NUM_THREADS": str(limits.threads), "MKL_NUM_THREADS": str(limits.threads)}
    return environment


def _events(path: Path) -> list[dict[str, object]]:
    """The lines so far; a half-written last one is left for later."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return found


def _watch(process: subprocess.Popen[bytes], events: Path, limits: Limits, halt: Event | None) -> str:
    """Wait for the end; returns why we ended it ourselves, or ""."""
    import psutil

    size, changed, kernel_gone = -1, time.monotonic(), 0
    while process.poll() is None:
        time.sleep(PAUSE)
        if halt is not None and halt.is_set():
            raise InterruptedError("stopped")
        try:
            family = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            continue
        resident, alive = 0, 0
        for member in family:
            with contextlib.suppress(psutil.Error):
                if member.status() != psutil.STATUS_ZOMBIE:
                    alive += 1
                    resident += member.memory_info().rss
        if resident > limits.memory:
            return f"used more than {limits.memory / 2**30:.3g} GB of memory and was stopped"
        now = events.stat().st_size if events.exists() else 0
        if now != size:
            size, changed = now, time.monotonic()
        started = now > 0
        last = _events(events)[-1:] if started and not alive else []
        kernel_gone = kernel_gone + 1 if last and last[0]["event"] == "start" else 0
        if kernel_gone >= 5:  # half a second: no race with a kernel that shuts down in order
            return DEAD
        if time.monotonic() - changed > limits.seconds + GRACE:
            return "timeout"
    return ""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End pytest and whatever it started that still lives."""
    import psutil

    with contextlib.suppress(psutil.Error):
        top = psutil.Process(process.pid)
        for member in [*top.children(recursive=True), top]:
            with contextlib.suppress(psutil.Error):
                member.kill()
    process.wait()


def _read(steps: Sequence[CopiedCell], path: Path, reason: str, status: int, output: Path) -> NbvalRun:
    """Make sense of the lines."""
    events = _events(path)
    seen: dict[str, SeenCell] = {}
    running: str | None = None
    for event in events:
        if event["event"] == "no kernel":
            raise RuntimeError(f"the Jupyter kernel does not start: {event['reason']}; run `gmcourse doctor`")
        if event["event"] == "finish":
            continue
        cell = event["cell"]
        assert isinstance(cell, int)
        step = steps[cell]
        if event["event"] == "start":
            running = step.key
        elif event["event"] == "end":
            seen[step.seen_as] = SeenCell(bool(event["passed"]), str(event["name"]), str(event["message"]))
            running = None
        else:
            if event["event"] == "timeout":
                return NbvalRun(seen, step.key, "timeout")
            # "Kernel dead on test start": the cell before did it.
            blamed = steps[max(0, cell - 1)] if "on test start" in str(event["message"]) else step
            return NbvalRun(seen, blamed.key, DEAD)
    if reason:
        return NbvalRun(seen, running, reason)
    if not events or events[-1]["event"] != "finish":
        if not events and status > 0:
            tail = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"nbval does not run here: {' '.join(tail)[:500]}; run `gmcourse doctor`")
        return NbvalRun(seen, lost=True)
    return NbvalRun(seen)
