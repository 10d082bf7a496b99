"""Lessons as files: clean, short cells, the same beginning, every picture described."""

import json
import re
from pathlib import Path

import pytest

from tools.notebooks import as_text, clean, committed

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SET_UP = """\
import torch

from gmcourse import viz
from gmcourse.reproducible import start

device = start(seed=0)
viz.style()"""


def cells(path, kind):
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


@pytest.mark.parametrize("path", committed(ROOT), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_it_is_committed_clean(path):
    text = path.read_text(encoding="utf-8")
    assert as_text(clean(json.loads(text))) == text, "run: python -m tools.notebooks clean"


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.name)
class TestLesson:
    def test_twelve_to_thirty_short_cells(self, path):
        code = cells(path, "code")
        assert 12 <= len(code) <= 30
        assert {c["id"]: len(c["source"]) for c in code if len(c["source"]) > 25} == {}

    def test_it_begins_like_the_others(self, path):
        assert source(cells(path, "code")[0]) == SET_UP

    def test_a_question_comes_first(self, path):
        first = source(cells(path, "markdown")[0])
        assert re.search(r"^# .+\n\n\*\*.+\?\*\*", first, re.M), "after the title comes a question, in bold"
        assert "You will be able to" in first
        assert re.search(r"seconds of CPU time|seconds on two CPU cores", first), "say how long it runs"

    def test_predict_then_run_and_the_number_to_expect(self, path):
        text = "\n".join(source(c) for c in cells(path, "markdown"))
        assert text.count(":class: predict") >= 3
        assert text.count(":class: expect") >= 3
        for heading in ("What fails", "What differs from the paper", "Exercises", "References"):
            if heading == "What differs from the paper" and "change_of_variables" in path.name:
                continue  # no paper of its own
            assert re.search(rf"^## .*{heading}", text, re.M), f"there is no section {heading!r}"

    def test_every_picture_has_an_alt_text_a_caption_and_a_name(self, path):
        draws = re.compile(r"^\s*(viz\.\w+|plt\.subplots|figure\b.*=|explore)\(", re.M)
        named = set()
        for cell in cells(path, "code"):
            described = cell["metadata"].get("mystnb")
            if described is None:
                assert not draws.search(source(cell).replace("viz.style()", "")), (
                    f"{cell['id']} draws, and is not described"
                )
                continue
            assert len(described["image"]["alt"]) >= 40, cell["id"]
            assert described["figure"]["caption"], cell["id"]
            name = described["figure"]["name"]
            assert name.startswith("fig-")
            assert name not in named
            named.add(name)

    def test_equations_are_numbered(self, path):
        text = "\n".join(source(c) for c in cells(path, "markdown"))
        blocks = re.findall(r"^\$\$\n.*?\n\$\$(.*)$", text, re.M | re.S)
        assert all(
            re.match(r" \(eq-[a-z0-9-]+\)", tail.split("\n")[0])
            for tail in re.findall(r"^\$\$( .*)$", text, re.M)
        )
        assert len(re.findall(r"^\$\$ \(eq-", text, re.M)) >= 2
        assert blocks
