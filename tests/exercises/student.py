"""Student notebooks for the tests: the solved or the handed-out one, and what students do to it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from gmcourse.exercises.judge import nbval_run
from gmcourse.exercises.judge.judged_copy import CopiedCell
from gmcourse.exercises.judge.nbval_run import Limits, NbvalRun, SeenCell
from gmcourse.exercises.mistakes import passed_line
from tools.exercises.build import BLOCK

ROOT = Path(__file__).parents[2]
SOLVED = ROOT / "notebooks" / "solutions" / "04_vae_solutions.ipynb"
UNTOUCHED = ROOT / "notebooks" / "exercises" / "04_vae_exercises.ipynb"

Json = dict[str, Any]


def load(path: Path) -> Json:
    data: Json = json.loads(path.read_text(encoding="utf-8"))
    return data


def source(cell: Json) -> str:
    return "".join(cell["source"])


def code(text: str) -> Json:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text}


def where(notebook: Json, marker: str) -> int:
    """The position of the cell that begins with `# marker`."""
    return next(i for i, cell in enumerate(notebook["cells"]) if source(cell).startswith(f"# {marker}"))


def answer(notebook: Json, exercise: str, text: str) -> None:
    """Write this answer into the exercise's cell."""
    cell = notebook["cells"][where(notebook, f"exercise: {exercise}")]
    cell["source"] = f"# exercise: {exercise}\n{text}"


def edited(path: Path, edit: Callable[[Json], None], target: Path) -> Path:
    """A copy of a notebook with something done to it, and what its open task has saved beside it."""
    for saved in path.parent.glob("04_*.safetensors"):
        shutil.copy(saved, target.parent)
    notebook = load(path)
    edit(notebook)
    target.write_text(json.dumps(notebook), encoding="utf-8")
    return target


def unmarked(notebook: Json) -> None:
    """A student's answers: the solution without the marks that only ours has."""
    for cell in notebook["cells"]:
        lines = source(cell).splitlines(keepends=True)
        cell["source"] = [line for line in lines if "### " not in line or cell["cell_type"] != "code"]


def answers_in(files: Mapping[str, str]) -> list[str]:
    """Which of these files hold the answer of a solved notebook, in whatever lines it is broken into."""

    def flat(name: str, text: str) -> str:
        cells = json.loads(text)["cells"] if name.endswith(".ipynb") else [{"source": text}]
        return " ".join(" ".join(map(source, cells)).split())

    flats = {name: flat(name, text) for name, text in files.items()}
    blocks = [
        " ".join(match["solution"].split())
        for path in sorted(SOLVED.parent.glob("*.ipynb"))
        for cell in load(path)["cells"]
        for match in BLOCK.finditer(source(cell))
    ]
    assert len(blocks) >= 50
    return [name for name, text in flats.items() if any(block in text for block in blocks)]


def in_process(steps: Sequence[CopiedCell], limits: Limits, *watched: object) -> NbvalRun:
    """What nbval would see, without a kernel: quick, and good enough for all but limits."""
    names: Json = {"__name__": "__main__"}
    seen: dict[str, SeenCell] = {}
    passed: set[str] = set()
    for step in steps:
        if step.role == "again" and step.checks in passed:
            continue
        printed, name, message = io.StringIO(), "", ""
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(step.source, "<cell>", "exec"), names)
        except Exception as error:
            name, message = type(error).__name__, str(error)
        lines = printed.getvalue().splitlines()
        good = bool(step.checks) and not name and passed_line(step.checks) in lines
        if good:
            passed.add(step.checks)
            message = printed.getvalue().partition(passed_line(step.checks))[2].strip()
        seen[step.seen_as] = SeenCell(good, name, message)
    return NbvalRun(seen)


@contextlib.contextmanager
def without_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Cells run in this process, and what the set-up cell changes here is changed back; counts the runs."""
    counted: list[int] = []

    def run(steps: Sequence[CopiedCell], limits: Limits, *watched: object) -> NbvalRun:
        counted.append(len(steps))
        return in_process(steps, limits)

    monkeypatch.setattr(nbval_run, "run", run)
    monkeypatch.setattr(sys, "path", [*sys.path, str(SOLVED.parent)])  # where open tasks have saved
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield counted
    torch.use_deterministic_algorithms(deterministic)
