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
# What to train where there is a GPU and no other wish: models by which lessons argue before those of which only a log
# is kept, and each after the one that it begins with.
IN_ORDER_OF_WORTH = (
    "nice_faces",
    "vae_faces",
    "vae_faces_two_levels",
    "glow_faces",
    "stylegan2_faces",
    "stylegan2_faces_64",
    "sr_regression_faces",
    "srflow_faces",
    "sr_regression_faces_64",
    "srflow_faces_64",
    "attribute_network",
    "features",
    "vae_mnist",
    "nice_mnist_paper",
    "glow_mnist",
    "iwae_mnist",
    "iwae_mnist_50",
    "stylegan_contest_faces_64",
    "flow_matching_faces",
    "diffusion_faces",
    "pixelcnn_faces",
)


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
    names: Sequence[str] = (),
    *,
    minutes: float,
    out: Path,
    steps: int | None = None,
    device: str | None = None,
    keep: bool = True,
) -> list[Row]:
    """Train in the order given; a failure is written down, and the next one begins.

    Ctrl-C, or a SIGTERM, lets the training at hand write its checkpoint, and ends with a `KeyboardInterrupt`.

    Args:
        names: of recipes, the one that matters most first; none: `IN_ORDER_OF_WORTH`.
        minutes: for all of them together.
        out: the folder for everything.
        steps: another number than the recipes' own, for a trial.
        device: as for `gmcourse train`.
        keep: measure what is finished. Some measurements take twenty minutes of a CPU, and a trial needs none.

    Raises:
        ValueError: a name that is no recipe's.
        OSError: `out` cannot be written.
    """
    wanted = {name: running.find(name).steps if steps is None else steps for name in names or IN_ORDER_OF_WORTH}
    ensure_writable(out / "table.txt")
    # A shell ignores SIGINT for what runs in the background, and trainings, which are stopped by it, would too.
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    end = time.monotonic() + 60 * minutes
    rows: list[Row] = []
    try:
        for name, target in wanted.items():
            rows.append(_one(name, target, end, out, device, keep))
            print(rows[-1], flush=True)
            write_text_atomically(out / "table.txt", "".join(f"{row}\n" for row in rows))
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return rows


def command(name: str, steps: int, out: Path, device: str | None, keep: bool) -> list[str]:
    """Return the words that one process runs."""
    words = [sys.executable, "-m", "gmcourse", "train", name, "--folder", str(out / "runs")]
    words += ["--steps", str(steps), "--resume", "--own", "--minutes", "1"]
    return words + (["--device", device] if device else []) + ([] if keep else ["--no-keep"])


def _one(name: str, steps: int, end: float, out: Path, device: str | None, keep: bool) -> Row:
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
            command(name, steps, out, device, keep),
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            process_group=0,  # a terminal's Ctrl-C reaches this process alone, which passes it on, once
        )
        ended = _wait(process, end)
    seconds = time.monotonic() - began
    if measured := _finished(name, steps, out):
        return Row(name, "done", seconds, measured)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no word"]
    outcome = "stopped, goes on" if keep or not ended else "trained, not measured"
    if ended and process.returncode:
        outcome = "failed"
    return Row(name, outcome, seconds, last[0])


def _wait(process: subprocess.Popen[bytes], end: float) -> bool:
    """Wait until the time is over, then ask for the last checkpoint; whether the process ended by itself."""
    grace = min(GRACE, (end - time.monotonic()) / 4)
    try:
        process.wait(max(0.0, end - grace - time.monotonic()))
        return True
    except subprocess.TimeoutExpired:
        _stop(process, max(1.0, end - time.monotonic()))
        return False
    except KeyboardInterrupt:
        _stop(process, GRACE)
        raise


def _stop(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask for the last checkpoint, and after so many seconds ask no more."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # the checkpoint of a minute ago is whole
        process.wait()


def _finished(name: str, steps: int, out: Path) -> str:
    """What was measured, if the model is there with so many steps."""
    if name not in zoo.names(own=out / "zoo"):
        return ""
    made = zoo.manifest(name, own=out / "zoo")
    if made.steps != steps:
        return ""
    return ", ".join(f"{key} {value:.4g}" for key, value in list(made.metrics.items())[:3])
