"""What takes long is made once and read afterwards; an open task is open until something was found and said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gmcourse.exercises.mistakes import STUB, Mistake, NotDone
from gmcourse.exercises.open_task import found_and_why, once


def test_it_is_made_once_and_never_by_the_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def make() -> dict[str, torch.Tensor]:
        made.append(1)
        return {"samples": torch.ones(2, 3).T}

    def stub() -> dict[str, torch.Tensor]:
        raise NotImplementedError(STUB)

    monkeypatch.chdir(tmp_path)
    assert once("mine", stub) == {}
    monkeypatch.setenv("GMCOURSE_EVENTS", "somewhere")
    assert once("mine", make) == {}
    monkeypatch.delenv("GMCOURSE_EVENTS")
    first = once("mine", make)
    monkeypatch.setenv("GMCOURSE_EVENTS", "somewhere")
    (tmp_path / "judged").mkdir()
    monkeypatch.chdir(tmp_path / "judged")
    monkeypatch.syspath_prepend(str(tmp_path))  # where the notebook lies
    assert torch.equal(once("mine", make)["samples"], first["samples"])
    assert made == [1]


def test_reasons_are_asked_for() -> None:
    words = "word " * 30
    for answer in ((..., words), (None, words), ({}, words), (4.0, " ")):
        with pytest.raises(NotDone):
            found_and_why(answer)
    with pytest.raises(Mistake, match="too short"):
        found_and_why((4.0, "because"))
    assert found_and_why((4.0, words)) == 4.0
