"""Trains a list of models, one process after the other, within a number of minutes, and loses nothing.

Everything lies in one folder: `zoo/` what is finished, `runs/` checkpoints, `logs/`, and `table.txt`. The same call
again goes on where the last one ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmcourse import zoo
from gmcourse.storage import ensure_writable, write_text_atomically
from gmcourse_recipes import running

GRACE = 60.0  # seconds for the last checkpoint, and for a measurement that has begun
LEAST = 10.0  # seconds that make it worth to begin


@dataclass(frozen=True)
class Row:
    """What became of one model."""

    name: str
    outcome: str
    seconds: float = 0.0
    measured: str = ""

    def __str__(self) -> str:
        return f"{self.name:<24} {self.seconds:>8.0f} s  {self.outcome:<24}  {self.measured}".rstrip()


def train(
    names: Sequence[str],
    *,
    minutes: float,
    out: Path,
    steps: int | None = None,
    device: str | None = None,
) -> list[Row]:
    """Train in the order given; a failure is written down, and the next one begins.

    Args:
        names: of recipes, the one that matters most first.
        minutes: for all of them together.
        out: the folder for everything.
        steps: another number than the recipes' own, for a trial.
        device: as for `gmcourse train`.

    Raises:
        ValueError: a name that is no recipe's.
        OSError: `out` cannot be written.
    """
    wanted = {name: running.find(name).steps if steps is None else steps for name in names}
    ensure_writable(out / "table.txt")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # a shell ignores it for what runs in the background, and trainings, which are stopped by it, would too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    end = time.monotonic() + 60 * minutes
    rows: list[Row] = []
    for name, target in wanted.items():
        rows.append(_one(name, target, end, out, device))
        print(rows[-1], flush=True)
        write_text_atomically(out / "table.txt", "".join(f"{row}\n" for row in rows))
    return rows


def command(name: str, steps: int, out: Path, device: str | None) -> list[str]:
    """Return the words that one process runs."""
    words = [sys.executable, "-m", "gmcourse", "train", name, "--folder", str(out / "runs")]
    words += ["--steps", str(steps), "--resume", "--own", "--minutes", "1"]
    return words + (["--device", device] if device else [])


def _one(name: str, steps: int, end: float, out: Path, device: str | None) -> Row:
    if measured := _finished(name, steps, out):
        return Row(name, "done before", measured=measured)
    began = time.monotonic()
    if end - began < LEAST:
        return Row(name, "no time left")
    log = out / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GMCOURSE_ZOO": str(out / "zoo"), "GMCOURSE_PROGRESS": "off"}
    with log.open("ab") as file:
        process = subprocess.Popen(
            command(name, steps, out, device), stdout=file, stderr=subprocess.STDOUT, env=environment
        )
        ended = _wait(process, end)
    seconds = time.monotonic() - began
    if measured := _finished(name, steps, out):
        return Row(name, "done", seconds, measured)
    if not ended:
        return Row(name, "stopped, goes on", seconds)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no word"]
    return Row(name, "failed" if process.returncode else "stopped, goes on", seconds, last[0])


def _wait(process: subprocess.Popen[bytes], end: float) -> bool:
    """Wait until the time is over, then ask for the last checkpoint; whether the process ended by itself."""
    grace = min(GRACE, (end - time.monotonic()) / 4)
    try:
        process.wait(max(0.0, end - grace - time.monotonic()))
        return True
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    except KeyboardInterrupt:  # the process has heard it too
        process.wait(GRACE)
        raise
    try:
        process.wait(max(1.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()  # the checkpoint of a minute ago is whole
        process.wait()
    return False


def _finished(name: str, steps: int, out: Path) -> str:
    """What was measured, if the model is there with so many steps."""
    if name not in zoo.names(own=out / "zoo"):
        return ""
    made = zoo.manifest(name, own=out / "zoo")
    if made.steps != steps:
        return ""
    return ", ".join(f"{key} {value:.4g}" for key, value in list(made.metrics.items())[:3])
