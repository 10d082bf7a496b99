"""Makes the cases of `BothWays` out of the notebook and the answers of its chapter.

The last exercise of a chapter is its open task. Its check loads a trained network or measures thousands of samples,
so `make check` judges its solution only; its other answers are slow tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gmcourse.exercises.judge import notebook
from tests.exercises.answers import answers
from tests.exercises.student import without_kernels


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chapter = getattr(metafunc.cls, "chapter", None)
    if chapter is None:
        return
    names = [each.name for each in notebook.chapter(chapter).exercises]
    if "exercise" in metafunc.fixturenames:
        edges = metafunc.function.__name__ == "test_solution_holds_at_the_edges"
        open_task = pytest.param(names[-1], marks=[pytest.mark.slow] if edges else [])
        metafunc.parametrize("exercise", [*names[:-1], open_task])
    for word, wanted in (("wrong", False), ("right", True)):
        if word in metafunc.fixturenames:
            cases = [
                pytest.param(
                    each,
                    id=f"{each.exercise}: {each.name}",
                    marks=[pytest.mark.slow] if each.exercise == names[-1] else [],
                )
                for each in answers(chapter)
                if each.is_right == wanted
            ]
            metafunc.parametrize(word, cases)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """No kernel; counts how often a notebook was run."""
    with without_kernels(monkeypatch) as counted:
        yield counted
