"""`gmcourse doctor`: what a class needs to know before it starts, one line each, with the cure."""

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gmcourse
from gmcourse.console import visible

OK, NOTE, BAD = "ok", "note", "BAD"
GB = 2**30
FAST = 150.0  # GFLOP/s of `core_speed` on which a lesson takes as long as the first number in its text says
LESSONS = (15, 35)  # seconds on such a core: the shortest and the longest lesson


@dataclass(frozen=True)
class Finding:
    """One line. A note is nothing to worry about; something bad stops a class."""

    level: str
    topic: str
    text: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.topic:<10}  {self.text}{f' → {self.cure}' if self.cure else ''}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option that leaves out the kernel."""
    parser.add_argument("--no-kernel", action="store_true", help="do not try to start a Jupyter kernel")


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; the exit status is 0 if nothing is bad."""
    worst = 0
    for finding in findings(kernel=not arguments.no_kernel):
        print(visible(str(finding)), flush=True)
        worst = max(worst, finding.level == BAD)
    return worst


def findings(*, kernel: bool = True) -> Iterator[Finding]:
    """Every line in turn. A part that breaks makes a bad line, never a traceback."""
    parts = [_python, _torch, _memory, _disk, _data, _weights, _jupyter, _exercises]
    for part in [*parts, _kernel] if kernel else parts:
        try:
            yield from part()
        except Exception as error:
            topic = part.__name__.strip("_")
            yield Finding(BAD, topic, f"{type(error).__name__}: {error}", "install gmcourse anew")


def _judged(good: bool, topic: str, text: str, cure: str) -> Finding:
    return Finding(OK, topic, text) if good else Finding(BAD, topic, text, cure)


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    yield _judged(sys.version_info >= (3, 11), "Python", text, "the course needs Python 3.11 or newer")
    yield Finding(OK, "gmcourse", f"{gmcourse.__version__}, {Path(gmcourse.__file__).parent}")


def _torch() -> Iterator[Finding]:
    for package in ("torch", "torchvision"):
        try:
            yield Finding(OK, package, importlib.import_module(package).__version__)
        except Exception as error:  # a torchvision that does not fit torch is a RuntimeError
            cure = "install torch and torchvision together, from the same place"
            yield Finding(BAD, package, f"does not import ({str(error).splitlines()[0]})", cure)
    import torch

    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(number)
            name = torch.cuda.get_device_name(number)
            yield Finding(OK, "device", f"cuda:{number}, {name}, {free / GB:.0f} of {total / GB:.0f} GB free")
    elif torch.backends.mps.is_available():
        yield Finding(NOTE, "device", "cpu; Apple's GPU is there", "set GMCOURSE_DEVICE=mps to use it")
    else:
        cure = "all lessons run on a CPU; weights of larger models ship"
        yield Finding(NOTE, "device", "cpu; no GPU", cure)
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    yield Finding(OK, "threads", f"torch uses {threads} of {cores} cores")
    speed = core_speed()
    low, high = (5 * max(1, round(seconds * FAST / speed / 5)) for seconds in LESSONS)
    yield Finding(OK, "speed", f"{speed:.0f} GFLOP/s a core: a lesson computes for {low} to {high} s")


def core_speed(tries: int = 500) -> float:
    """Measure GFLOP/s of one thread in products and convolutions of float32; of many tries the quickest counts."""
    import torch

    square, pictures, threads = torch.ones(256, 256), torch.ones(8, 32, 16, 16), torch.get_num_threads()
    kernel = torch.ones(32, 32, 3, 3)
    torch.set_num_threads(1)
    try:
        product = min(timeit.repeat(lambda: square @ square, number=1, repeat=tries)) / (2 * 256**3)
        convolve = timeit.repeat(lambda: torch.conv2d(pictures, kernel, padding=1), number=1, repeat=tries)
        return 2e-9 / (product + min(convolve) / (2 * kernel.numel() * 8 * 16 * 16))
    finally:
        torch.set_num_threads(threads)


def _memory() -> Iterator[Finding]:
    try:
        import psutil
    except ImportError:
        yield Finding(NOTE, "memory", "unknown: psutil is missing", 'pip install "gmcourse[class]"')
        return
    free, total = psutil.virtual_memory().available / GB, psutil.virtual_memory().total / GB
    text = f"{free:.1f} of {total:.1f} GB free"
    yield _judged(free >= 2, "memory", text, "a lesson needs 2 GB: close other kernels")


def _disk() -> Iterator[Finding]:
    for place in (Path.cwd(), Path(tempfile.gettempdir())):
        free, cure = shutil.disk_usage(place).free / GB, "make room: 0.5 GB are needed"
        if not os.access(place, os.W_OK):
            yield Finding(BAD, "disk", f"{place} cannot be written to", "work in a folder of your own")
        else:
            yield _judged(free >= 0.5, "disk", f"{free:.1f} GB free at {place}", cure)


def _data() -> Iterator[Finding]:
    from gmcourse import data
    from gmcourse.data import vision

    yield Finding(OK, "data", f"bundled: {', '.join(data.BUNDLED)}")
    root, found = vision.data_root(), {name: vision.state(name) for name in data.TORCHVISION}
    complete, missing = (", ".join(n for n in found if found[n][0] == which) for which in ("complete", "missing"))
    if complete:
        yield Finding(OK, "data", f"in {root}: {complete}")
    yield from (Finding(BAD, "data", reason) for state, reason in found.values() if state == "damaged")
    if missing:
        cure = "no lesson needs them; set GMCOURSE_DATA, or load(name, download=True)"
        yield Finding(NOTE, "data", f"not in {root}: {missing}", cure)


def _weights() -> Iterator[Finding]:
    from gmcourse.zoo import published, store

    faults = {name: published.problem(name) for name in published.names()}
    for name, fault in faults.items():
        if fault:
            yield Finding(BAD, "weights", f"{name}: {fault}", "install gmcourse anew")
    whole = {name: bool(store.manifest(name).sha256) for name, fault in faults.items() if not fault}
    there = [name for name in whole if whole[name]]
    text = f"{len(there)} models, as they were published: {', '.join(there)}"
    yield _judged(bool(there), "weights", text, "install gmcourse anew")
    if left_behind := ", ".join(name for name in whole if not whole[name]):  # there is only the log
        cure = "no lesson needs them; gmcourse train NAME makes one"
        yield Finding(NOTE, "weights", f"too large to travel: {left_behind}", cure)
    for name in store.names(own=True):
        try:
            made = store.manifest(name, own=True)
            store.weights(made, own=True)  # whole, and of this manifest
            text = f"{name} of your own: {made.steps:,} steps, in {store.own_folder()}"
            yield Finding(NOTE, "weights", text)
        except ValueError as error:
            yield Finding(NOTE, "weights", str(error))


def _jupyter() -> Iterator[Finding]:
    needed, found = ("jupyterlab", "ipykernel", "ipywidgets", "nbval", "pytest", "psutil"), dict[str, str]()
    for name in needed:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    if missing := ", ".join(name for name in needed if name not in found):
        yield Finding(BAD, "Jupyter", f"missing: {missing}", 'pip install "gmcourse[class]"')
    if found:
        yield Finding(OK, "Jupyter", ", ".join(map(" ".join, found.items())))
    if not found.get("ipywidgets", "8.").startswith("8."):
        yield Finding(BAD, "widgets", f"ipywidgets {found['ipywidgets']}", 'pip install "ipywidgets>=8.1,<9"')


def _exercises() -> Iterator[Finding]:
    from gmcourse.exercises.judge import notebook

    chapters = notebook.chapters()
    count = sum(len(each.exercises) for each in chapters.values())
    text = f"{count} in {len(chapters)} chapters: {', '.join(chapters)}"
    yield _judged(count > 0, "exercises", text, "install gmcourse anew")


def _kernel() -> Iterator[Finding]:
    if importlib.util.find_spec("ipykernel") is None:
        return  # said above
    from jupyter_client.manager import run_kernel

    cure = "pip install --force-reinstall ipykernel; look whether a firewall blocks 127.0.0.1"
    began = time.monotonic()
    try:
        with run_kernel(kernel_name="python3", stderr=subprocess.DEVNULL):  # waits for it, 60 s at most
            took = time.monotonic() - began
        yield Finding(OK, "kernel", f"starts in {took:.1f} s")
    except Exception as error:
        yield Finding(BAD, "kernel", f"does not start ({error})", cure)
