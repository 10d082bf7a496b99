"""The files that are generated fit their source, and building them does what it says."""

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gmcourse.exercises.judge import notebook
from tests.exercises.answers import answers
from tools import colab, notebooks
from tools.exercises import build, share, table

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "book" / "instructor" / "exercise_table.md"


def test_handed_out_notebooks_are_up_to_date() -> None:
    assert not build.stale(ROOT), "run `python -m tools.exercises build`"


def test_a_changed_source_is_noticed_and_rebuilt(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    solutions = shutil.copytree(ROOT / "notebooks" / "solutions", tmp_path / "notebooks" / "solutions")
    assert build.write(tmp_path)
    assert not build.write(tmp_path)  # a second time there is nothing to do
    source = next(solutions.glob("*.ipynb"))
    source.write_text(source.read_text(encoding="utf-8").replace("minutes", "hours"), encoding="utf-8")
    orphan = tmp_path / "notebooks" / "exercises" / "11_gone_exercises.ipynb"
    orphan.write_text("{}")
    assert {path.name for path in build.stale(tmp_path)} == {
        source.name.replace("_solutions", "_exercises"),
        orphan.name,
    }
    build.write(tmp_path)
    assert not orphan.exists()
    assert not build.stale(tmp_path)


def test_handed_out_keeps_the_indent_and_uncomments() -> None:
    source = (
        "def f(x):\n    y = 1\n    ### BEGIN SOLUTION\n    return x + y\n"
        "    ### HANDED OUT\n    # if x:\n    #     return x - y\n    ### END SOLUTION\n    # kept"
    )
    assert build.handed_out(source) == "def f(x):\n    y = 1\n    if x:\n        return x - y\n    # kept"


@pytest.mark.parametrize("source", ["### BEGIN SOLUTION\nx = 1", "x = 1\n### END SOLUTION"])
def test_an_unclosed_solution_is_an_error(source: str) -> None:
    with pytest.raises(ValueError, match="not closed"):
        build.handed_out(source)


def test_a_repository_address_adds_a_cell_for_colab(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = json.loads(next((ROOT / "notebooks" / "solutions").glob("*.ipynb")).read_text(encoding="utf-8"))
    made = build.exercise(solved, "04_vae", "https://example.org/course")
    source = "".join(made["cells"][0]["source"])
    called: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda words, check: called.append(words))
    exec(compile(source, "colab", "exec"), {})
    ((*_, course),) = called
    assert course == "gmcourse[check] @ git+https://example.org/course"
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    judge = ROOT / "gmcourse" / "exercises" / "judge"
    needed = {name for name in ("nbformat", "nbval", "psutil", "pytest") if name in _text_of(judge)}
    assert {re.split("[<>=]", each)[0] for each in extras["check"]} >= needed >= {"nbval", "psutil", "pytest"}
    assert "gmcourse[check]" in extras["class"]


def _text_of(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))


def test_lessons_have_the_cell_for_colab_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson, solved = ROOT / "notebooks" / "04_vae.ipynb", ROOT / "notebooks/solutions/04_vae_solutions.ipynb"
    known = {True: "https://example.org/course", False: build.repository()}
    for address in known.values():
        monkeypatch.setattr(colab, "repository", lambda address=address: address)
        first = json.loads(notebooks.cleaned(lesson))["cells"][0]
        assert (first["id"] == colab.ID) == bool(address)
        assert json.loads(notebooks.cleaned(solved))["cells"][0]["cell_type"] == "markdown"
    marked = notebooks.clean(json.loads(notebooks.cleaned(lesson)), known[True])
    assert notebooks.clean(marked, known[True]) == marked
    assert notebooks.as_text(notebooks.clean(marked)) == lesson.read_text(encoding="utf-8")


def test_no_chapter_with_answers_lacks_its_notebook() -> None:
    folder = ROOT / "tests" / "exercises" / "answers"
    slugs = {path.stem for path in folder.glob("[a-z]*.py")}
    assert slugs == {chapter.slug for chapter in notebook.chapters().values()}
    assert all(answers(slug) for slug in slugs)


@pytest.mark.slow  # it judges a thousand answers
def test_the_table_in_the_book_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table.markdown(), (
        f"run `python -m tools.exercises table --output {TABLE.relative_to(ROOT)}`"
    )


def test_an_unknown_chapter_is_said_plainly() -> None:
    with pytest.raises(ValueError, match="no chapter with exercises is called 'wrong'"):
        notebook.chapter("wrong")


def test_the_share_of_answers_that_hear_their_reason_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """95 % of a chapter's wrong answers at least; one that hears another reason is told, and lowers the share."""
    told, named = share.lines(["vae"], repeats=1, only="slide_kl")
    assert named >= 0.95, told
    misled = [replace(each, expects="another reason") for each in answers("vae") if not each.is_right]
    monkeypatch.setattr(share.collection, "answers", lambda slug: misled)
    told, named = share.lines(["vae"], repeats=1, only="slide_kl")
    assert named == 0
    assert "slide_kl, only the sign repaired: the KL: the sign is repaired" in told[0]


def test_a_prediction_has_a_place() -> None:
    cells = json.loads((ROOT / "notebooks" / "exercises" / "04_vae_exercises.ipynb").read_text(encoding="utf-8"))[
        "cells"
    ]
    texts = ["".join(each["source"]) for each in cells]
    asked = [i for i, text in enumerate(texts) if text.startswith("## ") and build.PREDICT.search(text)]
    assert len(asked) >= 5
    assert all(texts[i + 1] == build.PLACE for i in asked)
    assert texts.count(build.PLACE) == len(asked)
