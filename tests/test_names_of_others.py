"""Any name that a file system can hold goes through every command, file and page that we write."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from gmcourse.__main__ import main
from gmcourse.console import visible
from gmcourse.data import load
from gmcourse.exercises.judge import nbval_run, submissions
from gmcourse.storage import ensure_writable, write_atomically, write_text_atomically
from tests.conftest import ROOT
from tests.data.test_vision import write_mnist
from tests.exercises.student import UNTOUCHED, in_process
from tests.names import hostile
from tools.exercises.__main__ import main as exercises


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """No kernel; counts how many notebooks were run."""
    counted: list[int] = []

    def run(*arguments: object) -> nbval_run.NbvalRun:
        counted.append(1)
        return in_process(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(nbval_run, "run", run)
    monkeypatch.setattr(sys, "path", list(sys.path))
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield counted
    torch.use_deterministic_algorithms(deterministic)


class Page(HTMLParser):
    """The tags, texts and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for key, value in attrs if key == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.slow
def test_a_class_whose_names_are_odd_is_graded(
    judged: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = tmp_path / "class"
    room.mkdir()
    names = hostile(room)
    for name in names:
        (room / name).mkdir()
        shutil.copy(UNTOUCHED, room / name / f"{name}.ipynb")
        (room / f"{name} broken.ipynb").write_bytes(b"{")
    words = ["grade", str(room), "--jobs", "1", "--csv"]
    assert main([*words, str(tmp_path / "grades.csv")]) == 1  # the broken ones
    said = capsys.readouterr()
    assert not set(said.out + said.err) & set("\x1b\x07\u202e\udcff")
    assert said.err.count(" broken.ipynb: ") == len(names)
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    for name in names:
        shown = visible(name)
        row = rows[f"'{shown}" if shown[0] in "=-" else shown]
        assert row["kl"] == "not done"
        assert shown in row["files"]
    pages = tmp_path / "grades" / "feedback"
    index = Page((pages / "index.html").read_text(encoding="utf-8"))
    assert len(index.links) == 2 * len(names)
    for page in (index, *(Page((pages / link).read_text(encoding="utf-8")) for link in index.links)):
        assert not page.tags & {"script", "img"}
    for name in names:
        assert unescape(visible(name)) in index.words
    assert len(judged) == len(names)
    main([*words, str(tmp_path / "grades.csv")])  # results are found again by name
    assert len(judged) == len(names)
    main(["grade", "--merge", str(tmp_path / "grades"), "--csv", str(tmp_path / "again.csv")])
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "grades.csv").read_bytes()


@pytest.mark.slow
def test_tables_and_notebooks_with_odd_names(
    judged: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in hostile(tmp_path):
        Path(name).mkdir()
        shutil.copy(UNTOUCHED, Path(name) / f"{name}.ipynb")
        assert main(["check", "--", f"{name}/{name}.ipynb"]) == 1
        assert main(["grade", f"--csv={name}.csv", "--jobs=1", "--", name]) == 2  # among the submissions
        target = Path("out") / f"{name}.csv"
        assert main(["grade", f"--csv={target}", "--jobs=1", "--", name]) == 0
        assert target.is_file()
        assert len(submissions.merge([target.with_suffix("")])) == 1
        assert main(["check", "--", f"{name}/none"]) == 2
        said = capsys.readouterr()
        assert not set(said.out + said.err) & set("\x1b\x07\u202e\udcff")


def test_what_is_written_lies_under_its_name(tmp_path: Path) -> None:
    longest = "x" * 250
    for name in [*hostile(tmp_path), longest, "🙂" * 60]:
        ensure_writable(tmp_path / name)
        write_atomically(tmp_path / name, b"bytes")
        write_text_atomically(tmp_path / name, "half of a pair \ud83d, a byte \udcff, a sign 🙂")
        assert (tmp_path / name).read_text(encoding="utf-8").endswith("🙂")
        (tmp_path / name).unlink()
    assert not list(tmp_path.iterdir())


def test_data_lie_in_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in hostile(tmp_path):
        write_mnist(tmp_path / name)
        assert len(load("mnist", root=tmp_path / name)) == 12
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path / name))
    assert main(["doctor", "--no-kernel"]) in (0, 1)
    assert f"{name}: mnist" in capsys.readouterr().out
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path / os.fsdecode(b"\xff none")))
    assert main(["doctor", "--no-kernel"]) in (0, 1)


def test_a_course_in_a_folder_of_any_name_hands_out_its_exercises(tmp_path: Path) -> None:
    for name in hostile(tmp_path):
        course = tmp_path / name
        (course / "notebooks" / "solutions").mkdir(parents=True)
        shutil.copy(ROOT / "notebooks" / "solutions" / "04_vae_solutions.ipynb", course / "notebooks" / "solutions")
        shutil.copy(ROOT / "pyproject.toml", course)
        assert exercises(["build", f"--root={course}"]) == 0
        assert (course / "notebooks" / "exercises" / "04_vae_exercises.ipynb").is_file()
        assert exercises(["build", f"--root={course}", "--check"]) == 0
