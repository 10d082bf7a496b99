"""A pytest plugin that writes down, line by line, what nbval saw in each cell.

It runs inside the pytest process that `nbval_run` starts, and must load fast. Lines are written as things
happen, so that whoever watches knows which cell was running when a process was lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

LONGEST = 4000  # characters of a message; a student's may be a million


def _write(**event: Any) -> None:
    with Path(os.environ["GMCOURSE_EVENTS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def _roles() -> list[dict[str, Any]]:
    roles: list[dict[str, Any]] = json.loads(os.environ["GMCOURSE_STEPS"])
    return roles


_passed: set[str] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Begin; a check whose exercise has passed already is not run again."""
    number = item.cell_num  # type: ignore[attr-defined]
    role = _roles()[number]
    if role["role"] == "again" and role["exercise"] in _passed:
        pytest.skip("passed already")
    _write(event="start", cell=number)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write the verdict of the cell: its error, if any, and whether the line of a passed check is there."""
    report = yield
    number = item.cell_num  # type: ignore[attr-defined]
    if call.when == "setup" and call.excinfo is not None:
        _write(event="no kernel", reason=str(call.excinfo.value)[:LONGEST])
        item.session.shouldstop = "no kernel"
    if call.when != "call" or (
        call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception)
    ):
        return report
    outputs = getattr(item, "test_outputs", None) or []
    errors = [each for each in outputs if each.output_type == "error"]
    printed = "".join(each.text for each in outputs if each.output_type == "stream" and each.name == "stdout")
    problem = str(call.excinfo.value) if call.excinfo is not None else ""
    kind = "end"
    if "Kernel dead" in problem or "Kernel died" in problem:
        kind = "dead"
    elif problem.startswith("Timeout"):
        kind = "timeout"
    elif problem and not errors:
        kind = "dead"  # nbval lost the kernel in some other way
    role = _roles()[number]
    has_line = role["line"] in printed.splitlines() if role["line"] else False
    if kind == "end" and not errors and has_line:
        _passed.add(role["exercise"])
    _write(
        event=kind,
        cell=number,
        passed=kind == "end" and not errors and has_line,
        name=errors[0].ename if errors else "",
        message=errors[0].evalue[:LONGEST] if errors else problem[:LONGEST],
    )
    if kind != "end":  # the rest is run in a fresh kernel, without this cell
        item.session.shouldstop = kind
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Without this line the process was lost on the way."""
    _write(event="finish")
