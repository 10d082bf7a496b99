"""The zip for Gradescope, as far as it can be run without its container."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

from tests.exercises.student import SOLVED, UNTOUCHED, answers_in
from tools import gradescope


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


@pytest.mark.slow
@pytest.mark.parametrize(("path", "score"), [(SOLVED, 10.0), (UNTOUCHED, 0.0)])
def test_results_have_a_test_for_each_exercise(tmp_path, path, score):
    archive = zipfile.ZipFile(io.BytesIO(gradescope.packed("04_vae", 10.0)))
    archive.extract("grade.py", tmp_path)
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / path.name).write_bytes(path.read_bytes())
    target = tmp_path / "results.json"
    words = [str(tmp_path / "submission"), "04_vae", "10", str(target)]
    subprocess.run([sys.executable, str(tmp_path / "grade.py"), *words], check=True)
    found = json.loads(target.read_text(encoding="utf-8"))
    assert len(found["tests"]) == 6
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(10, abs=0.05)
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(score, abs=0.05)
    assert all({"name", "score", "max_score", "output"} <= set(test) for test in found["tests"])


@pytest.mark.parametrize("content", [None, "{}"])
def test_what_cannot_be_judged_scores_nothing_and_says_why(tmp_path, content):
    from tools.gradescope_run import results

    if content is not None:
        (tmp_path / "x.ipynb").write_text(content)
    found = results(tmp_path, "04_vae", 10.0)
    assert found["score"] == 0
    assert "otebook" in str(found["output"])
