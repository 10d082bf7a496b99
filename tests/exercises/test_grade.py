"""A class graded: rows and columns, interruptions, shares, and hostile text."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from gmcourse.__main__ import main
from gmcourse.exercises.judge import feedback, grade, gradebook, hand_ins, nbval_run, notebook
from gmcourse.exercises.judge.judged_copy import CopiedCell
from gmcourse.exercises.judge.judgement import FAILED, Judgement, Verdict
from gmcourse.exercises.judge.nbval_run import Limits, NbvalRun
from gmcourse.exercises.judge.submissions import Submission
from tests.exercises.student import SOLVED, UNTOUCHED, Json, answer, edited, unmarked

EXERCISES = [each.name for each in notebook.chapter("vae").exercises]


@pytest.fixture
def classroom(tmp_path: Path) -> Path:
    folder = tmp_path / "handed in"
    for student in ("ada", "bo", "=cmd|calc"):
        (folder / student).mkdir(parents=True)
        edited(SOLVED, unmarked, folder / student / "04_vae_exercises.ipynb")
    shutil.copy(UNTOUCHED, folder / "dana_04_vae_exercises.ipynb")
    (folder / "eve.ipynb").write_text("<script>alert(1)</script>")
    (folder / "nobody").mkdir()
    hidden = folder / "ada" / ".ipynb_checkpoints"
    hidden.mkdir()
    shutil.copy(UNTOUCHED, hidden / "04_vae_exercises-checkpoint.ipynb")
    return folder


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.slow
def test_one_row_a_student_and_one_column_an_exercise(runs: list[int], classroom: Path, tmp_path: Path) -> None:
    target = tmp_path / "grades.csv"
    assert main(["grade", str(classroom), "--csv", str(target), "--jobs", "1"]) == 1  # eve and nobody
    rows = table(target)
    assert sorted(rows) == ["'=cmd|calc", "ada", "bo", "dana", "eve", "nobody"]
    assert [rows["ada"][name] for name in EXERCISES] == ["passed"] * len(EXERCISES)
    assert rows["dana"]["kl"] == "not done"
    assert (rows["ada"]["passed"], rows["dana"]["passed"], rows["dana"]["of"]) == ("8", "0", "8")
    assert "not JSON" in rows["eve"]["problem"]
    assert rows["nobody"]["problem"] == "no notebook (.ipynb) was handed in"
    pages = sorted(path.name for path in (tmp_path / "grades" / "feedback").glob("*.html"))
    assert len(pages) == 7  # six, and the index


@pytest.mark.slow
def test_started_again_judges_nothing_twice_but_what_changed(
    runs: list[int], classroom: Path, tmp_path: Path
) -> None:
    words = ["grade", str(classroom), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    main(words)
    assert len(runs) == 4
    main(words)
    assert len(runs) == 4
    shutil.copy(UNTOUCHED, classroom / "bo" / "04_vae_exercises.ipynb")
    next((tmp_path / "grades" / "results").glob("ada*.json")).write_text('{"format": 1, "half')
    main(words)
    assert len(runs) == 6
    assert table(tmp_path / "grades.csv")["bo"]["kl"] == "not done"
    (classroom / "bo" / "04_betas.safetensors").write_bytes(b"another")
    main(words)
    assert len(runs) == 7, "what an open task has saved is a part of the hand-in"


def test_what_is_handed_in_no_more_leaves_no_page_and_no_code(
    runs: list[int], classroom: Path, tmp_path: Path
) -> None:
    words = ["grade", str(classroom), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    for student in ("bo", "none"):
        main(words)
        made = [tmp_path / "grades" / "feedback", tmp_path / "grades" / "code" / "students"]
        mine = tmp_path / "grades" / "feedback" / "notes.html"
        mine.write_text("a teacher's own")
        assert [len(list(folder.glob("bo*"))) for folder in made] == [student == "bo"] * 2
        shutil.rmtree(classroom / "bo", ignore_errors=True)
    assert mine.is_file()
    assert len(list(made[0].glob("ada*"))) == len(list(made[1].glob("ada*"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", ["machine{}", "shared"])
def test_shares_join_to_the_whole(runs: list[int], classroom: Path, tmp_path: Path, place: str) -> None:
    """With those that cannot even be read; each machine has a folder of its own, or all have one."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(classroom / "pipe.ipynb")
    main(["grade", str(classroom), "--csv", str(tmp_path / "whole.csv"), "--jobs", "1"])
    for number in (1, 2, 3):
        target = tmp_path / place.format(number) / "grades.csv"
        main(["grade", str(classroom), "--csv", str(target), "--jobs", "1", "--shard", f"{number}/3"])
        assert not target.exists()
    folders = sorted({str(tmp_path / place.format(number)) for number in (1, 2, 3)})
    main(["grade", "--csv", str(tmp_path / "joined.csv"), "--merge", *folders])
    assert (tmp_path / "joined.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert len(runs) == 8


def test_a_share_in_which_the_machine_failed_is_missing(
    runs: list[int],
    classroom: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def judged(*_: object) -> Submission:
        raise OSError("disk full")

    for number in (1, 2):
        if number == 2:
            monkeypatch.setattr(grade, "_judged", judged)
        words = ["--csv", str(tmp_path / str(number) / "grades.csv"), "--shard", f"{number}/2"]
        main(["grade", str(classroom), "--jobs", "1", *words])
    folders = [str(tmp_path / str(number)) for number in (1, 2)]
    assert main(["grade", "--csv", str(tmp_path / "joined.csv"), "--merge", *folders]) == 2
    assert "of 2 shares these are missing, or not done: 2" in capsys.readouterr().err


def test_a_judge_that_breaks_spoils_one_submission_only(
    runs: list[int], classroom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = nbval_run.run

    def run(steps: Sequence[CopiedCell], limits: Limits, *watched: object) -> NbvalRun:
        if not runs:
            runs.append(0)
            raise OSError("disk full")
        return working(steps, limits)

    monkeypatch.setattr(nbval_run, "run", run)
    words = ["grade", str(classroom), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    main(words)
    rows = table(tmp_path / "grades.csv")
    assert [name for name, row in rows.items() if "disk full" in row["problem"]] == ["'=cmd|calc"]
    main(words)  # no lasting verdict: it is tried again
    assert "disk full" not in (tmp_path / "grades.csv").read_text(encoding="utf-8")


def test_student_text_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)> \x1b]0;title\x07"
    verdict = Verdict("kl", evil, FAILED, f"got {evil}\n</pre><script>", evil)
    result = Submission(evil, f"{evil}.ipynb", judgement=Judgement("04_vae", evil, (verdict,)))
    for page in (feedback.page_of(result), feedback.index([result])):
        assert "<img" not in page
        assert "<script" not in page
        assert "\x1b" not in page
    problem = Submission(evil, evil, problem=evil)
    assert "<img" not in feedback.page_of(problem)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_formulas_are_disarmed(text: str) -> None:
    assert gradebook.cell(text) == "'" + text
    assert gradebook.cell("a" + text) == "a" + text


def test_two_notebooks_of_a_student() -> None:
    """Another chapter shares the row, the same chapter gets one of its own, and so does another student."""

    def result(chapter: str, name: str, identifier: str = "") -> Submission:
        judgement = Judgement(chapter, "t", (Verdict("kl", "t", "passed"),))
        return Submission("ada", name, identifier, judgement=judgement)

    rows = gradebook.rows([result("04_vae", "a"), result("05_flow", "b"), result("04_vae", "c")])
    assert rows[0] == [
        "student",
        "04_vae:kl",
        "05_flow:kl",
        "passed",
        "of",
        "points",
        "late",
        "problem",
        "files",
    ]
    assert rows[1] == ["ada", "passed", "passed", "2", "2", "20", "", "", "a; b"]
    assert rows[2] == ["ada", "passed", "", "1", "1", "10", "", "", "c"]
    assert len(gradebook.rows([result("04_vae", "a", "12"), result("05_flow", "b", "13")])) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either FOLDER or --merge"),
        (["{tmp}", "--shard", "5/4"], "has no notebooks"),
        (["{class}", "--shard", "5/4"], "expected I/N"),
        (["{class}", "--shard", "half"], "expected I/N"),
        (["{class}", "--jobs", "0"], "--jobs is 0"),
        (["{class}", "--timeout", "0"], "time limit"),
        (["{tmp}/none"], "is not a folder"),
        (["--merge", "{tmp}"], "has no results"),
    ],
)
def test_clear_errors(
    words: list[str], said: str, tmp_path: Path, classroom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    given = [word.replace("{tmp}", str(empty)).replace("{class}", str(classroom)) for word in words]
    assert main(["grade", *given, "--csv", str(tmp_path / "grades.csv")]) == 2
    assert said in capsys.readouterr().err


def test_students_are_told_apart(classroom: Path, tmp_path: Path) -> None:
    found = {each.name: each.student for each in hand_ins.collect(classroom, tmp_path)}
    assert found["ada/04_vae_exercises.ipynb"] == "ada"
    assert found["dana_04_vae_exercises.ipynb"] == "dana"
    assert found["eve.ipynb"] == "eve"
    assert not any("checkpoint" in name for name in found)
    slugs = [each.slug for each in hand_ins.collect(classroom, tmp_path)]
    assert len(set(slugs)) == len(slugs)


# --- with kernels -------------------------------------------------------------------------------------


def judges(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The pytest processes that a running `gmcourse grade` has started."""
    return [each for each in psutil.Process(process.pid).children() if "pytest" in " ".join(each.cmdline())]


def wait_for_a_judge(process: subprocess.Popen[str]) -> psutil.Process:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()
        for judge in judges(process):
            if any("ipykernel" in " ".join(each.cmdline()) for each in judge.children()):
                return judge
        time.sleep(0.05)
    raise AssertionError("no kernel was started")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_and_an_interruption_lose_nothing(tmp_path: Path) -> None:
    def slow(nb: Json) -> None:
        unmarked(nb)
        answer(
            nb,
            "hidden_beta",
            "import time\ntime.sleep(2)\ndef hidden_beta(D, d, v):\n    return D / (2 * v * d)",
        )

    folder = tmp_path / "class"
    folder.mkdir()
    for student in ("ada", "bo", "cy"):
        edited(SOLVED, slow, folder / f"{student}.ipynb")
    words = ["grade", str(folder), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    command = [sys.executable, "-m", "gmcourse", *words]

    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_a_judge(process).kill()  # ada's: she is judged again
    results = tmp_path / "grades" / "results"
    until = time.monotonic() + 300
    while not list(results.glob("ada*.json")) and time.monotonic() < until:
        time.sleep(0.05)
    wait_for_a_judge(process)
    process.send_signal(signal.SIGTERM)  # in the middle of bo's
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name[:3] for path in results.glob("*.json")] == ["ada"]

    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    rows = table(tmp_path / "grades.csv")
    assert [rows[student]["passed"] for student in ("ada", "bo", "cy")] == ["8", "8", "8"]
    assert json.loads(next(results.glob("ada*.json")).read_text(encoding="utf-8"))["format"] == 2
