"""Makes the cases of `BothWays` out of the notebook and the answers of its chapter."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import pytest
import torch

from gmcourse.exercises.judge import nbval_run, notebook
from gmcourse.exercises.judge.judged_copy import CopiedCell
from gmcourse.exercises.judge.nbval_run import Limits, NbvalRun
from tests.exercises.answers import answers
from tests.exercises.student import in_process
from tests.exercises.trial import SAVED


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chapter = getattr(metafunc.cls, "chapter", None)
    if chapter is None:
        return
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", [each.name for each in notebook.chapter(chapter).exercises])
    for word, wanted in (("wrong", False), ("right", True)):
        if word in metafunc.fixturenames:
            chosen = [each for each in answers(chapter) if each.is_right == wanted]
            metafunc.parametrize(word, chosen, ids=[f"{each.exercise}: {each.name}" for each in chosen])


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """No kernel; counts how often a notebook was run."""
    counted: list[int] = []

    def run(steps: Sequence[CopiedCell], limits: Limits, *watched: object) -> NbvalRun:
        counted.append(len(steps))
        return in_process(steps, limits)

    monkeypatch.setattr(nbval_run, "run", run)
    monkeypatch.setattr(sys, "path", [*sys.path, SAVED])
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield counted
    torch.use_deterministic_algorithms(deterministic)
