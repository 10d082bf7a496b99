"""Makes the cases of `BothWays` out of the notebook and the answers of its chapter."""

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
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", [each.name for each in notebook.chapter(chapter).exercises])
    for word, wanted in (("wrong", False), ("right", True)):
        if word in metafunc.fixturenames:
            chosen = [each for each in answers(chapter) if each.is_right == wanted]
            metafunc.parametrize(word, chosen, ids=[f"{each.exercise}: {each.name}" for each in chosen])


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """No kernel; counts how often a notebook was run."""
    with without_kernels(monkeypatch) as counted:
        yield counted
