"""A student's folder in a term: made, worked in, and brought up to date without losing a line."""

import json
import os
import re
import subprocess

import pytest

from tools import lab, own_folder
from tools.environment import ROOT

LESSON = "notebooks/04_vae.ipynb"
EXERCISE = "notebooks/exercises/04_vae_exercises.ipynb"


def notebook(text, output=None):
    outputs = [] if output is None else [{"output_type": "stream", "name": "stdout", "text": output}]
    cell = {
        "cell_type": "code",
        "source": [text],
        "metadata": {},
        "execution_count": None,
        "outputs": outputs,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def states(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != own_folder.MEMORY
    }


@pytest.fixture
def course(tmp_path):
    write(tmp_path / "course", {LESSON: notebook("one"), EXERCISE: notebook("...")})
    return tmp_path / "course"


@pytest.fixture
def mine(course, tmp_path):
    own_folder.update(course, tmp_path / "mine")
    return tmp_path / "mine"


def test_a_folder_is_made_and_a_second_time_nothing_happens(course, mine):
    assert states(mine) == states(course)
    assert own_folder.update(course, mine) == []


@pytest.mark.parametrize(
    ("now", "course_has", "after", "what"),
    [  # the student's exercise now · the course's new one · the student's afterwards · what was done
        ("...", "v2", {EXERCISE: "v2"}, ["renewed"]),
        ("mine", "...", {EXERCISE: "mine"}, []),
        ("mine", "mine", {EXERCISE: "mine"}, []),
        ("mine", "v2", {EXERCISE: "mine", EXERCISE.replace(".", "_new."): "v2"}, ["beside"]),
        (None, "v2", {EXERCISE: "v2"}, ["new"]),
        ("...", None, {}, ["gone"]),
        ("mine", None, {EXERCISE: "mine"}, []),
    ],
)
def test_three_ways(course, mine, now, course_has, after, what):
    for folder, text in ((mine, now), (course, course_has)):
        (folder / EXERCISE).unlink()
        write(folder, {} if text is None else {EXERCISE: notebook(text)})
    changes = own_folder.update(course, mine)
    assert [each.what for each in changes] == what
    assert states(mine) == {LESSON: notebook("one")} | {name: notebook(text) for name, text in after.items()}
    assert own_folder.update(course, mine) == [], "an update is said, and done, once"


def test_every_new_version_lies_beside_and_none_replaces_another(course, mine):
    write(mine, {EXERCISE: notebook("mine")})
    for number in (2, 3):
        write(course, {EXERCISE: notebook(f"v{number}")})
        changes = own_folder.update(course, mine)
        said = own_folder.report(mine, changes)
        write(mine, {changes[0].beside: notebook(f"v{number} and mine")})
    assert f"yours stays, the course's new one lies beside it:\n  {EXERCISE} → {changes[0].beside}" in said
    assert sorted(map(json.dumps, states(mine).values())) == sorted(
        json.dumps(notebook(text)) for text in ("one", "mine", "v2 and mine", "v3 and mine")
    )


def test_a_notebook_that_was_only_run_is_untouched(course, mine):
    write(mine, {LESSON: notebook("one", output="0.31")})
    assert own_folder.update(course, mine) == []
    assert states(mine)[LESSON] == notebook("one", output="0.31"), "what it printed stays while nothing is new"
    write(course, {LESSON: notebook("two")})
    assert [each.what for each in own_folder.update(course, mine)] == ["renewed"]


@pytest.mark.parametrize("memory", [None, "{", "[1]"])
def test_without_a_memory_nothing_is_overwritten(course, mine, memory):
    (mine / own_folder.MEMORY).unlink()
    write(
        mine,
        {EXERCISE: notebook("mine"), "notes.md": "mine"} | ({own_folder.MEMORY: memory} if memory else {}),
    )
    write(course, {EXERCISE: notebook("v2")})
    own_folder.update(course, mine)
    assert states(mine)[EXERCISE] == notebook("mine")
    assert states(mine)["notes.md"] == "mine"


def test_a_broken_notebook_is_kept(course, mine):
    write(mine, {EXERCISE: notebook("mine")[:-9]})
    write(course, {EXERCISE: notebook("v2")})
    assert [each.what for each in own_folder.update(course, mine)] == ["beside"]


def test_a_folder_that_cannot_be_written_is_named(course, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match=r"file.* cannot be written .*; set GMCOURSE_FOLDER"):
        own_folder.update(course, tmp_path / "file" / "mine")


def test_the_real_one_is_whole(monkeypatch, tmp_path):
    """Lessons, exercises and Tools, no solution; every link of a notebook leads to a file of the folder."""
    monkeypatch.delenv("GMCOURSE_SOLUTIONS", raising=False)
    own_folder.update(ROOT, tmp_path)
    books = list(tmp_path.rglob("*.ipynb"))
    assert len(books) == 13 + 12 + 1
    assert list(tmp_path.rglob("*solutions*")) == []
    for path in books:
        for address in re.findall(r"\]\(([^):\s]+\.(?:ipynb|md|png))[^)]*\)", path.read_text(encoding="utf-8")):
            assert (path.parent / address).is_file(), (path.name, address)


def test_lab_opens_it_and_git_does_not_see_it(monkeypatch, tmp_path):
    monkeypatch.delenv("GMCOURSE_FOLDER", raising=False)
    assert own_folder.place() == ROOT / "my_course"
    ignored = subprocess.run(["git", "check-ignore", "-q", "my_course/notebooks/a.ipynb"], cwd=ROOT, check=False)
    assert ignored.returncode in (0, 128)  # 128: not a git checkout
    called = []
    monkeypatch.setenv("GMCOURSE_FOLDER", str(tmp_path / "ada"))
    monkeypatch.setattr(lab.subprocess, "call", lambda words, **rest: called.append((words, rest)) or 0)
    assert lab.main(["--no-browser"]) == 0
    [(words, rest)] = called
    assert words[words.index("--ServerApp.root_dir") + 1] == str(rest["cwd"]) == str(tmp_path / "ada")
    assert (tmp_path / "ada" / EXERCISE).is_file()
    assert rest["env"]["PATH"].split(os.pathsep)[0] == os.path.dirname(lab.sys.executable)
