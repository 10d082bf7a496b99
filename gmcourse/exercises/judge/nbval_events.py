"""A pytest plugin that writes down, line by line, what nbval saw in each cell.

It runs inside the pytest process that `nbval_run` starts, and must load fast. Lines are written as things
happen, so that whoever watches knows which cell was running when a process was lost.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

# jsonschema, which nbval reads notebooks with, would compile a grammar of IRIs: two of its three seconds. Notebooks
# are validated without it wherever it is not installed.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

LONGEST = 4000  # characters of a message; a student's may be a million


def _lines_of(variable: str, mode: str) -> Any:
    return Path(os.environ.get(variable, os.devnull)).open(mode, encoding="utf-8")


# Both are opened before any of the student's code runs, which may delete or move whatever it finds.
_events = _lines_of("GMCOURSE_EVENTS", "a")
_steps: list[dict[str, Any]] = json.loads(_lines_of("GMCOURSE_STEPS", "r").read() or "[]")
_passed: set[str] = set()


def _write(**event: Any) -> None:
    _events.write(json.dumps(event) + "\n")
    _events.flush()


def _end_with(parent: int) -> None:
    """End this process and its group, and their folder, as soon as the one that watches is gone, even by kill -9."""
    while os.getppid() == parent:
        time.sleep(1)
    if "GMCOURSE_EVENTS" in os.environ:
        shutil.rmtree(Path(os.environ["GMCOURSE_EVENTS"]).parent, ignore_errors=True)
    os.killpg(0, signal.SIGKILL) if hasattr(os, "killpg") else os._exit(1)


def pytest_configure() -> None:
    """End this process when whoever watches it has ended."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Write down that the cell begins; a check whose exercise has passed already is not run again."""
    number = item.cell_num  # type: ignore[attr-defined]
    step = _steps[number]
    if step["role"] == "again" and step["exercise"] in _passed:
        pytest.skip("passed already")
    item.config.option.nbval_cell_timeout = step["seconds"]
    _write(event="start", cell=number)


def _report_cell(item: pytest.Item, problem: str) -> str:
    """Write down whether a cell printed the line of a passed check, and how it ended; returns the ending.

    It is "end", also with an exception of its own; "timeout"; or "dead", the kernel was lost.
    """
    number = item.cell_num  # type: ignore[attr-defined]
    outputs = getattr(item, "test_outputs", None) or []
    errors = [each for each in outputs if each.output_type == "error"]
    printed = "".join(each.text for each in outputs if each.output_type == "stream" and each.name == "stdout")
    lost = "Kernel dead" in problem or "Kernel died" in problem or (problem and not errors)
    ending = "timeout" if problem.startswith("Timeout") else "dead" if lost else "end"
    step = _steps[number]
    passed = ending == "end" and not errors and step["line"] in printed.splitlines() and bool(step["line"])
    name, message = (errors[0].ename, errors[0].evalue) if errors else ("", problem)
    if passed:  # the sentence below the line, which a further check prints again
        _passed.add(step["exercise"])
        message = printed.partition(step["line"])[2].replace(step["line"], "").strip()
    _write(event=ending, cell=number, passed=passed, name=name, message=message[:LONGEST])
    return ending


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write down what nbval saw; a cell that lost the kernel ends the run, and the rest gets a fresh kernel."""
    report = yield
    error = call.excinfo
    if call.when == "setup" and error is not None:
        _write(event="no kernel", reason=str(error.value)[:LONGEST])
        item.session.shouldstop = "no kernel"
    skipped = error is not None and error.errisinstance(pytest.skip.Exception)
    if call.when == "call" and not skipped:
        ending = _report_cell(item, str(error.value) if error is not None else "")
        if ending != "end":
            item.session.shouldstop = ending
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Without this line the process was lost on the way."""
    _write(event="finish")
