"""Solutions are left out where a teacher says so: of the site, of a student's folder, of what is installed."""

import json
import re
import shutil

import pytest
import yaml

from tests.conftest import ROOT
from tests.exercises.student import answers_in
from tools import book, environment, lessons, links, own_folder, solutions

ALL = sorted(path.name[:2] for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb"))
SECRET = "the_answer_is_42"


@pytest.mark.parametrize(
    ("said", "seen"),
    [(None, ALL), ("all", ALL), ("none", []), ("01 02", ["01", "02"]), ("01,04_vae", ["01", "04"])],
)
def test_a_page_is_the_solution_or_the_hand_out(monkeypatch, tmp_path, said, seen):
    monkeypatch.setattr(book, "BUILD", tmp_path)
    monkeypatch.delenv(solutions.VARIABLE, raising=False)
    if said:
        monkeypatch.setenv(solutions.VARIABLE, said)
    found = [re.fullmatch(r"notebooks/(solutions|exercises)/(\d\d)_\w+_\1", name) for name in lessons.pages()]
    shown = {match[2]: match[1] for match in found if match}
    assert shown == {number: "solutions" if number in seen else "exercises" for number in ALL}
    executed = [path.parent.name for path in lessons.notebooks()]
    assert executed.count("solutions") == len(seen)
    assert "exercises" not in executed, "a hand-out waits for its answers: nothing in it can be executed"
    _, config, _, toc = book.configuration()
    with open(config, encoding="utf-8") as file:
        kept_out = yaml.safe_load(file)["exclude_patterns"]
    with open(toc, encoding="utf-8") as file:
        text = file.read()
    for number, kind in shown.items():
        other = {"solutions": "exercises", "exercises": "solutions"}[kind]
        assert f"notebooks/{other}/{number}" not in text
        assert any(each in f"notebooks/{other}/" or f"{other}/{number}" in each for each in kept_out)


def test_a_word_that_is_no_chapter_is_refused(monkeypatch):
    monkeypatch.setenv(solutions.VARIABLE, "01 14")
    with pytest.raises(RuntimeError, match="has 14; expected all, none, or some of: 01 02"):
        solutions.shown("all")


def test_where_the_folder_of_solutions_was_deleted_there_is_none(monkeypatch, tmp_path):
    shutil.copytree(ROOT / "notebooks" / "exercises", tmp_path / "notebooks" / "exercises")
    monkeypatch.delenv(solutions.VARIABLE, raising=False)
    assert len(solutions.chapters(tmp_path)) == len(ALL)
    assert solutions.shown("all", tmp_path) == []
    monkeypatch.setenv(solutions.VARIABLE, "01")
    with pytest.raises(RuntimeError, match="some of: none"):
        solutions.shown("all", tmp_path)


def test_a_students_folder_gets_what_is_named_and_keeps_it(monkeypatch, tmp_path):
    name = "notebooks/solutions/04_vae_solutions.ipynb"
    monkeypatch.delenv(solutions.VARIABLE, raising=False)
    own_folder.update(ROOT, tmp_path)
    assert not (tmp_path / name).parent.exists()
    monkeypatch.setenv(solutions.VARIABLE, "04")
    assert [each.name for each in own_folder.update(ROOT, tmp_path)] == [name]
    monkeypatch.delenv(solutions.VARIABLE)
    assert own_folder.update(ROOT, tmp_path) == []
    assert [path.name for path in (tmp_path / name).parent.iterdir()] == ["04_vae_solutions.ipynb"]


def test_no_other_page_of_the_site_holds_a_solution():
    pages = [*(ROOT / "book").rglob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    pages += (ROOT / "notebooks" / "exercises").glob("*.ipynb")
    texts = {str(path): path.read_text(encoding="utf-8") for path in pages if "api" not in path.parts}
    assert len(texts) > 30
    assert answers_in(texts) == []


def notebook(*cells):
    made = [
        {"cell_type": kind, "id": f"c{i}", "metadata": {}, "source": text}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for i, (kind, text) in enumerate(cells)
    ]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.slow
@pytest.mark.parametrize("said", ["none", "all"])
def test_a_site_without_solutions_holds_none_and_no_dead_link(monkeypatch, tmp_path, said):
    """A small course is built as the real one is, over an earlier site that showed the solutions."""
    for module in (book, environment, lessons, solutions):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for name, value in (("BUILD", tmp_path / "_build"), ("HTML", tmp_path / "_build" / "html")):
        monkeypatch.setattr(book, name, value)
    monkeypatch.setenv(solutions.VARIABLE, said)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("GMCOURSE_REPOSITORY", "https://git.example.org/somebody/course")
    shutil.copytree(ROOT / "book" / "_extensions", tmp_path / "book" / "_extensions")
    heavy = shutil.ignore_patterns("live", "pictures", "diagrams", "reveal")
    shutil.copytree(ROOT / "book" / "_static", tmp_path / "book" / "_static", ignore=heavy)
    shutil.copytree(ROOT / "book" / "_extra", tmp_path / "book" / "_extra")
    (tmp_path / "book" / "references.bib").touch()
    shutil.copy(ROOT / "_config.yml", tmp_path)
    files = {
        "_toc.yml": "format: jb-book\nroot: book/intro\nchapters:\n- file: notebooks/04_vae\n"
        "- file: notebooks/solutions/04_vae_solutions\n- file: book/instructor/marked_examples\n",
        "book/instructor/marked_examples.md": f"# Examples\n\n## 04 · Choose\n\n{SECRET}\n",
        "book/intro.md": "# Intro\n\n[Exercises](../notebooks/exercises/04_vae_exercises.ipynb)\n",
        "notebooks/04_vae.ipynb": notebook(("markdown", "# Lesson\n\n[Exercises](exercises/04_vae_exercises.ipynb)")),
        "notebooks/solutions/04_vae_solutions.ipynb": notebook(
            ("markdown", "# Exercises\n\n[Lesson](../04_vae.ipynb)"), ("code", SECRET)
        ),
        "notebooks/exercises/04_vae_exercises.ipynb": notebook(
            ("markdown", "# Exercises\n\n[Lesson](../04_vae.ipynb)"), ("code", "raise NotImplementedError")
        ),
        "_build/html/notebooks/solutions/04_vae_solutions.html": SECRET,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(lessons, "KERNEL_ENVIRONMENT", {})
    config = yaml.safe_load((tmp_path / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert book.sphinx() == 0
    site = tmp_path / "_build" / "html"
    for name in ("slides/04_vae.html", "questions/04_vae.gift.txt", "questions/04_vae.text2qti.txt"):
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).touch()  # `make book` writes them after Sphinx, and the lesson links them
    texts = {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in site.rglob("*")
        if path.is_file() and "_static" not in path.parts
    }
    assert links.broken(site) == []
    # the index that a search reads is in one file or in many
    shows = sorted(name for name, text in texts.items() if SECRET in text and "searchindex" not in name)
    kind = "solutions" if said == "all" else "exercises"
    examples = ["_sources/book/instructor/marked_examples.md", "book/instructor/marked_examples.html"]
    assert shows == ([*examples, f"notebooks/{kind}/04_vae_{kind}.html"] if said == "all" else [])
    if said == "none":
        assert not any(SECRET in text for text in texts.values())
    for page in ("book/intro.html", "notebooks/04_vae.html"):
        assert f"{kind}/04_vae_{kind}.html" in texts[page]
    given = texts[f"notebooks/{kind}/04_vae_{kind}.html"]
    assert "_sources/notebooks/exercises/04_vae_exercises.ipynb" in given
    assert "/main?urlpath=lab/tree/notebooks/exercises/04_vae_exercises.ipynb" in given
    assert not re.search(r"04_vae_solutions\.ipynb", given)
