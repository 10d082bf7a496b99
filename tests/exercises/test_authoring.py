"""The files that are generated fit their source, and building them does what it says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gmcourse.exercises.judge import notebook
from tests.exercises.answers import answers
from tools.exercises import build, table

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


def test_a_repository_address_adds_a_cell_for_colab() -> None:
    solved = json.loads(next((ROOT / "notebooks" / "solutions").glob("*.ipynb")).read_text(encoding="utf-8"))
    made = build.exercise(solved, "04_vae", "https://example.org/course")
    source = "".join(made["cells"][0]["source"])
    assert "git+https://example.org/course" in source
    compile(source, "colab", "exec")


def test_no_chapter_with_answers_lacks_its_notebook() -> None:
    folder = ROOT / "tests" / "exercises" / "answers"
    slugs = {path.stem for path in folder.glob("[a-z]*.py")}
    assert slugs == {chapter.slug for chapter in notebook.chapters().values()}
    assert all(answers(slug) for slug in slugs)


def test_the_table_in_the_book_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table.markdown(), (
        f"run `python -m tools.exercises table --output {TABLE.relative_to(ROOT)}`"
    )


def test_an_unknown_chapter_is_said_plainly() -> None:
    with pytest.raises(ValueError, match="no chapter with exercises is called 'wrong'"):
        notebook.chapter("wrong")
