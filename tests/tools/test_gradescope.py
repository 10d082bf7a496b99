"""The zip for Gradescope, as far as it can be run without its container."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

from gmcourse.exercises.judge.judgement import Judgement, Verdict
from gmcourse.exercises.judge.notebook import chapter
from tests.exercises.student import ROOT, SOLVED, UNTOUCHED, answers_in, edited, unmarked, without_kernels
from tools import gradescope
from tools.gradescope_run import _tests, results


def test_the_zip_holds_scripts_that_can_be_executed_and_no_weights():
    archive = zipfile.ZipFile(io.BytesIO(gradescope.packed("04_vae", 10.0)))
    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & 0o111
        subprocess.run(["bash", "-n"], input=archive.read(name), check=True)
    names = archive.namelist()
    assert "course/gmcourse/exercises/checks/vae.py" in names
    assert not [name for name in names if name.endswith(".safetensors") or "/tests/" in name]
    assert sum(info.compress_size for info in archive.infolist()) < 5e6
    texts = {name: archive.read(name).decode() for name in names if name.endswith((".py", ".ipynb"))}
    assert answers_in(texts) == []


@pytest.fixture
def quick(monkeypatch):
    with without_kernels(monkeypatch):
        yield


@pytest.mark.slow
@pytest.mark.parametrize(("path", "edit", "score"), [(SOLVED, unmarked, 10.0), (UNTOUCHED, lambda nb: None, 0.0)])
def test_results_have_a_test_for_each_exercise(tmp_path, path, edit, score):
    archive = zipfile.ZipFile(io.BytesIO(gradescope.packed("04_vae", 10.0)))
    archive.extract("grade.py", tmp_path)
    (tmp_path / "submission").mkdir()
    edited(path, edit, tmp_path / "submission" / path.name)
    target = tmp_path / "results.json"
    words = [str(tmp_path / "submission"), "04_vae", "10", str(target)]
    subprocess.run([sys.executable, str(tmp_path / "grade.py"), *words], check=True)
    found = json.loads(target.read_text(encoding="utf-8"))
    assert len(found["tests"]) == 8
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(10)
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(score)
    assert all({"name", "score", "max_score", "output"} <= set(test) for test in found["tests"])


@pytest.mark.parametrize("most", [10.0, 7.0, 1.0])
def test_everything_right_is_all_the_points(most):
    """To the cent: 9.99 of 10 would be asked about."""
    exercises = chapter("04_vae").exercises
    verdicts = tuple(Verdict(each.name, each.title, "passed") for each in exercises)
    tests = _tests(Judgement("04_vae", "t", verdicts), most)["tests"]
    assert sum(test["score"] for test in tests) == pytest.approx(most)
    assert sum(test["max_score"] for test in tests) == pytest.approx(most)


LESSON = ROOT / "notebooks" / "04_vae.ipynb"
OTHER = ROOT / "notebooks" / "exercises" / "06_nice_exercises.ipynb"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No notebook was handed in"),
        (b"{}", "x.ipynb is not a notebook"),
        (LESSON.read_bytes(), "x.ipynb is a lesson, not its exercises"),
        (SOLVED.read_bytes(), "the solved notebook that comes with the course"),
        (OTHER.read_bytes(), "This is 06_nice; expected the exercises of 04_vae"),
    ],
    ids=["none", "broken", "lesson", "solution", "other chapter"],
)
def test_what_cannot_be_judged_scores_nothing_and_says_why(tmp_path, content, says):
    if content is not None:
        (tmp_path / "x.ipynb").write_bytes(content)
    found = results(tmp_path, "04_vae", 10.0)
    assert found["score"] == 0
    assert says in str(found["output"])


def test_the_exercises_are_found_beside_a_lesson_and_in_a_zip(quick, tmp_path):
    (tmp_path / "04_vae.ipynb").write_bytes(LESSON.read_bytes())
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        archive.write(edited(SOLVED, unmarked, tmp_path / "x"), "work/04_vae_exercises.ipynb")
    assert results(tmp_path, "04_vae", 10.0)["output"] == "8 of 8 passed."


def test_checks_of_a_teacher_go_along(quick, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("def kl(answer):\n    raise ValueError('not so')\n")
    archive = zipfile.ZipFile(io.BytesIO(gradescope.packed("04_vae", 10.0, mine)))
    assert archive.read("extra.py") == mine.read_bytes()
    assert archive.read("run_autograder").split()[-1].decode() == gradescope.EXTRA
    edited(SOLVED, unmarked, tmp_path / "x.ipynb")
    assert results(tmp_path, "04_vae", 10.0, mine)["output"] == "7 of 8 passed."
