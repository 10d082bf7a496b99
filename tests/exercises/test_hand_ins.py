"""Hand-ins as classes and learning platforms give them, rosters, and files that are none."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gmcourse.__main__ import main
from gmcourse.exercises.judge import (
    feedback,
    grade,
    gradebook,
    hand_ins,
    notebook,
    roster,
    submissions,
)
from gmcourse.exercises.judge.judgement import Judgement, Verdict
from gmcourse.exercises.judge.submissions import Submission
from tests.exercises.student import SOLVED, UNTOUCHED, Json, answer, edited, unmarked

NAME = "04_vae_exercises.ipynb"
posix = pytest.mark.skipif(os.name == "nt", reason="modes, pipes and names of POSIX")


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


KL = "def kl(mean, log_var):\n    return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)"


def put(folder: Path, *names: str, edit: Callable[[Json], None] = unmarked) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        edited(SOLVED, edit, folder / name)


@pytest.mark.parametrize(
    ("path", "student", "identifier", "late"),
    [
        ("Zoë Müller_4711_assignsubmission_file_/" + NAME, "Zoë Müller", "4711", False),  # Moodle before 4.1
        ("Ann Lee_12_assignsubmission_file/sub/" + NAME, "Ann Lee", "12", False),  # and after
        ("Participant_99_assignsubmission_file/" + NAME, "Participant", "99", False),
        ("leeann_77_123456_" + NAME, "leeann", "77", False),  # Canvas
        ("leeann_LATE_77_123456_04_vae_exercises-2.ipynb", "leeann", "77", True),
        ("LATE_anon_1a2b7_77_" + NAME, "anon_1a2b7", "", True),  # marked anonymously
        ("leeann_77_text.html", "leeann", "77", False),  # online text
        ("Ann Lee_12_assignsubmission_file_" + NAME, "Ann Lee", "12", False),  # Moodle without folders
        ("Team B-Ann Lee_12_assignsubmission_file/" + NAME, "Team B-Ann Lee", "12", False),
        ("ada/" + NAME, "ada", "", False),
        ("ada_" + NAME, "ada", "", False),
        ("04_vae-ada lovelace.IPYNB", "ada lovelace", "", False),
        ("ada_04_vae.ipynb.txt", "ada", "", False),
    ],
)
def test_whose_a_file_is(path: str, student: str, identifier: str, late: bool) -> None:
    assert hand_ins.owner_of(tuple(path.split("/"))) == (student, identifier, late)


@posix
def test_no_submission_stops_a_class(runs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of these once ended the run with no table, or hung it."""
    folder = tmp_path / "class"
    put(folder, f"ada/{NAME}", f"locked/{NAME}", f"link/{NAME}", "caf\udce9/" + NAME)
    (folder / "locked" / NAME).chmod(0)
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "endless.ipynb").symlink_to("/dev/zero")
    (folder / "neighbour").mkdir()
    (folder / "neighbour" / NAME).symlink_to(folder / "ada" / NAME)
    odd: dict[str, object] = {
        "cells": {"cells": 5},
        "listed": {"cells": [], "metadata": {"gmcourse": {"exercises": ["04_vae"]}}},
        "sheets": {"worksheets": [{"cells": 7}]},
        "typed": {"cells": [{"cell_type": 3, "source": {"a": 1}}, 7, None]},
    }
    for name, content in odd.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(content))
    (folder / "digits.ipynb").write_text('{"cells": ' + "9" * 10_000 + "}")
    (folder / "deep.ipynb").write_text("[" * 100_000)
    (folder / "report.pdf").write_bytes(b"%PDF")
    (folder / "words" / "answers.docx").parent.mkdir()
    (folder / "words" / "answers.docx").write_bytes(b"PK")
    target = tmp_path / "grades.csv"
    assert main(["grade", str(folder), "--csv", str(target), "--jobs", "1"]) == 1
    rows = table(target)
    assert rows["ada"]["passed"] == "8"
    assert rows[r"caf\xe9"]["passed"] == "8"
    problems = {name: row["problem"] for name, row in rows.items()}
    if os.getuid():  # root reads everything
        assert "cannot be read" in problems["locked"]
    assert "no regular file" in problems["pipe"]
    assert "a link was handed in" in problems["endless"]
    assert "a link was handed in" in problems["neighbour"]
    assert "there is answers.docx" in problems["words"]
    assert "no notebook" in problems["report"]
    assert all("not a notebook" in problems[name] for name in ("cells", "digits", "deep"))
    assert all("no exercise of this course" in problems[name] for name in ("listed", "sheets", "typed"))
    assert "Traceback" not in capsys.readouterr().err


def test_zips_are_opened_and_junk_is_no_hand_in(runs: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "class"
    put(folder, f"bo/{NAME}.txt")
    (folder / "__MACOSX").mkdir()
    for name, members in {
        "ada": {
            f"work/{NAME}": (folder / "bo" / f"{NAME}.txt").read_bytes(),
            f"__MACOSX/work/._{NAME}": b"\0",
            "../../evil.ipynb": b"{}",
            "work/04_mine.safetensors": b"saved",
        },
        "cy": {"notes.txt": b"hello"},
    }.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / name / "work.zip", "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
    (folder / "dan").mkdir()
    (folder / "dan" / "broken.zip").write_bytes(b"PK\3\4 and no more")
    target = tmp_path / "grades.csv"
    main(["grade", str(folder), "--csv", str(target), "--jobs", "1"])
    rows = table(target)
    assert sorted(rows) == ["ada", "bo", "cy", "dan"]
    assert rows["ada"]["passed"] == rows["bo"]["passed"] == "8"
    assert "the zip holds none" in rows["cy"]["problem"]
    assert "cannot be opened" in rows["dan"]["problem"]
    assert not list(tmp_path.parent.glob("evil*"))
    assert list((tmp_path / "grades" / "unzipped").rglob("04_mine.safetensors"))
    assert not list(folder.rglob("*.csv"))


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_zips_in_zips_are_opened_to_a_depth_and_a_size(tmp_path: Path) -> None:
    work = zipped({f"{'é' * 90}/{NAME}": b"{}"})
    for name, content in {
        "deep": zipped({"a.zip": zipped({"b.ZIP": work})}),
        "too deep": zipped({"z.zip": zipped({"a.zip": zipped({"b.zip": work})})}),
        "many": zipped({f"{i}.ipynb": b"" for i in range(99)}),
    }.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "work.zip").write_bytes(content)
    found = {each.student: each for each in hand_ins.collect(tmp_path / "class", tmp_path / "out")}
    assert found["deep"].problem == ""
    assert found["deep"].path.read_bytes() == b"{}"
    assert "a zip in a zip in a zip" in found["too deep"].problem
    assert "notebooks in it: 99" in found["many"].problem


def test_a_small_zip_of_zips_does_not_fill_the_disk(tmp_path: Path) -> None:
    """What comes out of one hand-in is counted together, however deep it lies; an earlier one leaves nothing."""
    inner = zipped({f"{i}.ipynb": b"{}" for i in range(9)})
    (tmp_path / "class" / "eve").mkdir(parents=True)
    handed_in = tmp_path / "class" / "eve" / "work.zip"
    handed_in.write_bytes(zipped({f"{i}.zip": zipped({f"{i}.zip": inner for i in range(9)}) for i in range(9)}))
    found = hand_ins.collect(tmp_path / "class", tmp_path / "out")
    assert len(found) < hand_ins.MOST
    assert all("expected at most 20" in each.problem for each in found)
    for saved, names in (("04_old", ["04_old"]), ("04_new", ["04_new"])):
        handed_in.write_bytes(zipped({NAME: b"{}", f"{saved}.safetensors": b""}))
        (each,) = hand_ins.collect(tmp_path / "class", tmp_path / "out")
        assert [path.stem for path in each.path.parent.glob("*.safetensors")] == names


def test_what_lies_beside_a_notebook_is_no_problem(tmp_path: Path) -> None:
    """An online text, a second file, a data set: whoever handed a notebook in, somewhere, has no second row."""
    for name in (
        f"Ann Lee_12_assignsubmission_file/{NAME}",
        "Ann Lee_12_assignsubmission_onlinetext/onlinetext.html",
        f"leeann_77_1_{NAME}",
        "leeann_77_2_notes.pdf",
        "leeann_77_text.html",
        f"ada_04_vae/{NAME}",
        "ada_04_vae/data.csv",
        "Ann Lee_13_assignsubmission_onlinetext/onlinetext.html",  # another of the same name
        "folder.ipynb/notes.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [(e.student, e.identifier, e.problem) for e in hand_ins.collect(tmp_path, tmp_path / "out")]
    assert sorted(found) == [
        ("Ann Lee", "12", ""),
        ("Ann Lee", "13", "no notebook (.ipynb) was handed in; there is onlinetext.html"),
        ("ada_04_vae", "", ""),
        ("folder.ipynb", "", "no notebook (.ipynb) was handed in; there is notes.txt"),
        ("leeann", "77", ""),
    ]


MOODLE = """Identifier,"Full name","Email address",Status,Grade,"Last modified (grade)","Feedback comments"
Participant 12,"Ann Lee",ann@example.org,"Submitted for grading",,-,
Participant 13,"Bo Ek",bo@example.org,"No submission",,-,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Exercises 04 (4711),Current Score
    Points Possible,,,,,20,(read only)
"Lee, Ann",77,u1,ann,One,,
"Ek, Bo",78,u2,bo,One,3,
"""
PLAIN = "First name;Surname;Email address\nAnn;Lee;ann@example.org\nBo;Ek;bo@example.org\n"


def graded(tmp_path: Path, text: str, *names: str, words: tuple[str, ...] = ()) -> Path:
    folder, listed = tmp_path / "class", tmp_path / "roster.csv"
    put(folder, *names)
    listed.write_text(text, encoding="utf-8-sig")
    words = ("--roster", str(listed), "--jobs", "1", *words)
    assert main(["grade", str(folder), "--csv", str(tmp_path / "grades.csv"), *words]) == 0
    return tmp_path / "grades"


def test_moodle_gets_its_worksheet_and_feedback_back(runs: list[int], tmp_path: Path) -> None:
    folder = "Ann Lee_12_assignsubmission_file"
    beside = graded(tmp_path, MOODLE, f"{folder}/{NAME}")
    rows = list(csv.DictReader(io.StringIO((beside / "moodle.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == next(csv.reader([MOODLE.splitlines()[0]]))
    assert [(row["Identifier"], row["Grade"]) for row in rows] == [
        ("Participant 12", "10"),
        ("Participant 13", ""),
    ]
    assert rows[0]["Feedback comments"] == "8 of 8 passed"
    assert zipfile.ZipFile(beside / "moodle_feedback.zip").namelist() == [f"{folder}/feedback_04_vae.html"]
    assert table(tmp_path / "grades.csv")["Bo Ek"]["problem"] == "handed in nothing"


def test_canvas_gets_the_columns_that_it_knows(runs: list[int], tmp_path: Path) -> None:
    beside = graded(tmp_path, CANVAS, f"leeann_LATE_77_9_{NAME}", words=("--points", "20", "--weights", "stars"))
    rows = list(csv.DictReader(io.StringIO((beside / "canvas.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Exercises 04 (4711)"]
    assert [row["Exercises 04 (4711)"] for row in rows] == ["20", "20", "3"]
    assert table(tmp_path / "grades.csv")["leeann"]["late"] == "late"


GERMAN = MOODLE.replace("Participant ", "Teilnehmer/in").replace("Identifier", "ID").replace("Grade,", "Bewertung,")
FIRST_AND_LAST = (
    CANVAS.replace("Student,", "LastName,FirstName,")
    .replace('"Lee, Ann"', "Lee,Ann")
    .replace('"Ek, Bo"', "Ek,Bo")
    .replace("Possible,", "Possible,,")
)
MORE_ROWS = CANVAS.replace('"Lee', ',,,,,Manual Posting,\n"Lee') + '"Student, Test",99,,,One,,\n'


@pytest.mark.parametrize(
    ("text", "name", "words", "kind", "points", "absent"),
    [
        (GERMAN, "Ann Lee_12_assignsubmission_file_", ("--column", "Bewertung"), "moodle", ["10", ""], 1),
        (FIRST_AND_LAST, "leeann_77_9_", (), "canvas", ["20", "20", "3"], 1),
        (MORE_ROWS, "leeann_77_9_", (), "canvas", ["20", "Manual Posting", "20", "3", ""], 1),
        (PLAIN.replace(";", "\t"), "Ann-Lee_", (), "plain", ["10", ""], 1),
        ("First name,Surname\nAnn,Lee\nBo,Ek\n", "lee ann/", (), "plain", ["10", ""], 1),
    ],
)
def test_rosters_as_platforms_write_them(
    runs: list[int],
    tmp_path: Path,
    text: str,
    name: str,
    words: tuple[str, ...],
    kind: str,
    points: list[str],
    absent: int,
) -> None:
    """Moodle in another language; Canvas with first and last names, with rows that are no persons; tabs."""
    beside = graded(tmp_path, text, f"{name}{NAME}", words=words)
    rows = list(csv.reader(io.StringIO((beside / f"{kind}.csv").read_text(encoding="utf-8"))))
    at = next(i for i, each in enumerate(rows[0]) if each in ("Bewertung", "Exercises 04 (4711)", "points"))
    assert [row[at] for row in rows[1:]] == points
    problems = [row["problem"] for row in table(tmp_path / "grades.csv").values()]
    assert problems.count("handed in nothing") == absent
    assert len(rows[0]) > 1, "whose the points are stands beside them"


def test_two_students_of_one_name_are_two_and_each_page_has_its_own_name(runs: list[int], tmp_path: Path) -> None:
    folders = [f"Ann Lee_{number}_assignsubmission_file" for number in (12, 13)]
    names = [f"{folders[0]}/{NAME}", f"{folders[0]}/second_{NAME}", f"{folders[1]}/{NAME}"]
    beside = graded(tmp_path, MOODLE.replace("Bo Ek", "Ann Lee"), *names)
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["Ann Lee"] * 3
    rows = list(csv.DictReader(io.StringIO((beside / "moodle.csv").read_text(encoding="utf-8"))))
    assert [row["Grade"] for row in rows] == ["10", "10"]
    pages = zipfile.ZipFile(beside / "moodle_feedback.zip").namelist()
    assert pages == [
        f"{folders[0]}/feedback_04_vae.html",
        f"{folders[0]}/feedback_04_vae_2.html",
        f"{folders[1]}/feedback_04_vae.html",
    ]


def importable(name: str) -> tuple[str, str]:
    """What Moodle's importer reads out of a path in the zip: the participant's number, and the file's name."""
    first, _, rest = name.partition("/")
    info = first.split("_", 4)
    assert info[1].isdigit()
    assert info[2:4] == ["assignsubmission", "file"]
    return info[1], "/".join(filter(None, [*info[4:], rest]))


@pytest.mark.parametrize("form", ["_assignsubmission_file/", "_assignsubmission_file_/", "_assignsubmission_file_"])
def test_moodle_finds_the_student_in_the_name_of_a_page(form: str) -> None:
    result = Submission("Ann Lee", f"Ann Lee_12{form}{NAME}", judgement=Judgement("04_vae", "", ()))
    names = zipfile.ZipFile(io.BytesIO(gradebook.moodle_feedback([result]))).namelist()
    assert [importable(name) for name in names] == [("12", "feedback_04_vae.html")]


@pytest.mark.parametrize("name", ["Ann Lee", "lee_ann", "ann@example.org", "ann", "ANN-LEE"])
def test_a_plain_roster_finds_people_by_name_or_mail(runs: list[int], tmp_path: Path, name: str) -> None:
    beside = graded(tmp_path, PLAIN, f"{name}/{NAME}")
    rows = list(csv.reader(io.StringIO((beside / "plain.csv").read_text(encoding="utf-8"))))
    assert rows == [["Email address", "points"], ["ann@example.org", "10"], ["bo@example.org", ""]]


def test_two_of_one_address_are_said_and_neither_is_absent(
    runs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PLAIN.replace("bo@", "ann@") + '"O\'Neil, Pat";"von ""Berg""";pat@example.org\n'
    beside = graded(tmp_path, text, f"ann@example.org/{NAME}", f"nobody/{NAME}")
    said = capsys.readouterr().err
    assert "2 times on the roster: ann@example.org" in said
    assert "not on the roster: nobody" in said
    rows = list(csv.reader(io.StringIO((beside / "plain.csv").read_text(encoding="utf-8"))))
    assert [row[1] for row in rows] == ["points", "", "", ""]
    missing = [row for row in table(tmp_path / "grades.csv").values() if row["problem"] == "handed in nothing"]
    assert [row["student"] for row in missing] == ['O\'Neil, Pat von "Berg"']


@pytest.mark.parametrize(
    ("text", "words", "points", "above"),
    [
        (CANVAS, (), "20", ""),
        (CANVAS, ("--points", "30"), "30", "above the 20 points that the roster names: 1"),
        (CANVAS.replace(",20,", ",,"), (), "10", ""),
        (MOODLE.replace("Grade,", "Grade,Höchstwert,").replace(",,-,", ',,"12,50",-,'), (), "12.5", ""),
    ],
)
def test_a_notebook_has_the_points_that_the_roster_says(
    runs: list[int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    words: tuple[str, ...],
    points: str,
    above: str,
) -> None:
    """Of Moodle, in whatever language, the column beside the grades. It leaves out more, and says nothing."""
    name = "leeann_77_9_" if text.startswith("Student") else "Ann Lee_12_assignsubmission_file_"
    graded(tmp_path, text, name + NAME, words=words)
    rows = table(tmp_path / "grades.csv")
    assert rows[name.partition("_")[0]]["points"] == points
    said = capsys.readouterr().err
    assert ("above the" in said, above in said) == (bool(above), True)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", None, "names nobody"),
        ('Name\n"' + "never closed, " * 10_000, None, "cannot be read: field larger than"),
        ("a,b\n1,2\n", None, "expected a name or an e-mail"),
        (CANVAS.replace("Current Score", "Other (3)"), None, "--column has to name the assignment"),
        (MOODLE, "Nothing", "has no column 'Nothing'"),
        ("Name\n", None, "names nobody"),
        ('Name\n"Ann Lee\nBo Ek\n', None, "cannot be read: unexpected end of data"),  # Bo was a part of Ann
        ("Name,E-mail\nLee, Ann,ann@example.org\n", None, "has more cells than headings in row 1"),
        ("Name,E-mail,Name\nAnn Lee,,Lee\n", None, "has the column Name twice"),
    ],
)
def test_rosters_that_cannot_be_used(tmp_path: Path, text: str, column: str | None, words: str) -> None:
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        roster.read(tmp_path / "roster.csv", column)


def test_empty_cells_without_a_heading_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("Name,,\nAnn Lee,,,,\n", encoding="utf-8")
    assert roster.read(tmp_path / "roster.csv").people() == [{"Name": "Ann Lee", "": ""}]


@pytest.mark.parametrize("other", ["jose\N{COMBINING ACUTE ACCENT}", "JOSÉ", "jose@example.org"])
def test_one_person_of_the_roster_gets_the_points_of_all_chapters(tmp_path: Path, other: str) -> None:
    """Their files may write the name in two ways, as two systems do."""
    (tmp_path / "roster.csv").write_text("Name,E-mail\nJosé,jose@example.org\n", encoding="utf-8")
    people = roster.read(tmp_path / "roster.csv")
    passed = (Verdict("kl", "", "passed"),)
    results = [
        Submission(name, f"{name}/{chapter}", judgement=Judgement(chapter, "", passed))
        for name, chapter in (("José", "04_vae"), (other, "06_nice"))
    ]
    marking = gradebook.Marking(people=people)
    assert marking.by_row(results)[id(people.rows[0])][0] == 20
    assert len(gradebook.rows(results, marking)[1:]) == 1


@pytest.mark.parametrize(("name", "other"), [("राम", "रमा"), ("กี", "กู"), ("சிவா", "சேவா")])
def test_names_that_differ_in_their_vowels_are_two(tmp_path: Path, name: str, other: str) -> None:
    (tmp_path / "roster.csv").write_text(f"Name\n{name}\n", encoding="utf-8")
    people = roster.read(tmp_path / "roster.csv")
    assert len(people.called(Submission(name, ""))) == 1
    assert not people.called(Submission(other, ""))


def test_points_by_stars() -> None:
    exercises = notebook.chapter("04_vae").exercises
    verdicts = tuple(
        Verdict(each.name, each.title, "passed" if i == 0 else "failed") for i, each in enumerate(exercises)
    )
    judgement = Judgement("04_vae", "", verdicts)
    assert gradebook.Marking(12.0).points(judgement) == round(12 / len(exercises), 2)
    stars = [each.stars for each in exercises]
    assert gradebook.Marking(12.0, "stars").points(judgement) == round(12 * stars[0] / sum(stars), 2)


def test_a_missing_share_is_named(tmp_path: Path) -> None:
    """Also one that was begun, and killed before its end."""
    for number in (1, 3):
        (tmp_path / str(number)).mkdir()
        submissions.note_share(tmp_path / str(number), f"{number}/3", [], done=number == 1)
    with pytest.raises(ValueError, match="of 3 shares these are missing, or not done: 2, 3"):
        submissions.merge([tmp_path / "1", tmp_path / "3"])


def test_what_was_withdrawn_does_not_come_back_with_a_share(tmp_path: Path) -> None:
    ada, bob = (submissions.Submission(name, f"{name}/{NAME}", problem="empty") for name in ("ada", "bob"))
    for each in (ada, bob):
        submissions.store(tmp_path, each, "mark")
    submissions.note_share(tmp_path, "1/1", [ada], done=True)
    assert [each.student for each in submissions.merge([tmp_path])] == ["ada"]


def test_a_folder_that_cannot_be_entered_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "class", f"ada/{NAME}")
    put(tmp_path / "class", f"bob/{NAME}")
    closed, scandir = str(tmp_path / "class" / "bob"), os.scandir

    def guarded(path: str) -> object:
        if str(path) == closed:
            raise PermissionError(13, "Permission denied", closed)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # root may enter every folder
    ada, bob = hand_ins.collect(tmp_path / "class", tmp_path / "unzipped")
    assert not ada.problem
    assert "Permission denied" in bob.problem


def test_results_never_lie_among_submissions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, f"ada/{NAME}")
    assert main(["grade", str(tmp_path), "--csv", str(tmp_path / "grades.csv")]) == 2
    assert "among the submissions" in capsys.readouterr().err


def test_a_lesson_is_recognised(tmp_path: Path) -> None:
    lesson = Path(__file__).parents[2] / "notebooks" / "04_vae.ipynb"
    cells, metadata = notebook.read(lesson)
    with pytest.raises(notebook.NotANotebook, match="is a lesson, not its exercises"):
        notebook.chapter_of(lesson, cells, metadata)


def test_the_solution_that_comes_with_the_course_is_recognised(runs: list[int], tmp_path: Path) -> None:
    """At once: it is not judged. Of a notebook in which some answers are the course's, this is said."""

    def partly(nb: Json) -> None:
        unmarked(nb)
        answer(nb, "kl", f"### BEGIN SOLUTION\n{KL}")

    for name, edit in {"ours": lambda nb: None, "partly": partly}.items():
        put(tmp_path / "class", f"{name}/{NAME}", edit=edit)
    main(["grade", str(tmp_path / "class"), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"])
    rows = table(tmp_path / "grades.csv")
    assert (rows["ours"]["passed"], rows["partly"]["passed"], len(runs)) == ("0", "8", 1)
    assert rows["ours"]["problem"] == "this is the solved notebook that comes with the course"
    assert rows["partly"]["problem"].startswith("1 of its cells")


@pytest.mark.parametrize("words", [["--memory", "inf"], ["--memory", "nan"], ["--timeout", "nan"], ["--total", "0"]])
def test_limits_that_are_none(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(UNTOUCHED), *words]) == 2
    assert "limit" in capsys.readouterr().err


def test_the_machine_stops_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("gmcourse.exercises.judge.nbval_run.run", broken)
    put(tmp_path / "class", *(f"s{i}/{NAME}" for i in range(9)))
    assert main(["grade", str(tmp_path / "class"), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]) == 2
    assert "5 submissions in a row" in capsys.readouterr().err


def test_a_disk_that_is_full_costs_time_and_no_result(
    runs: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At first for the results, then for the table: what was judged is not judged again, nobody gets 0 points."""
    full = OSError(28, "No space left on device")
    store, write = submissions.store, grade.write_text_atomically

    def refused(folder: Path, result: Submission, mark: str) -> None:
        if result.student == "Ann Lee":
            raise full
        store(folder, result, mark)

    put(tmp_path / "class", f"Ann Lee/{NAME}", f"Bo Ek/{NAME}")
    (tmp_path / "roster.csv").write_text(PLAIN, encoding="utf-8")
    words = ["grade", str(tmp_path / "class"), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    words += ["--roster", str(tmp_path / "roster.csv")]
    with monkeypatch.context() as patched:
        patched.setattr(submissions, "store", refused)
        patched.setattr(grade, "_judged", lambda *_: (_ for _ in ()).throw(full))
        assert main(words) == 1
    assert "No space left" in table(tmp_path / "grades.csv")["Ann Lee"]["problem"]
    assert (tmp_path / "grades" / "plain.csv").read_text().splitlines()[1:] == [
        "ann@example.org,",
        "bo@example.org,",
    ]
    with monkeypatch.context() as patched:
        patched.setattr(submissions, "store", refused)
        assert main(words) == 0
    assert len(runs) == 2
    for writes in (lambda *_, **__: (_ for _ in ()).throw(full), write):
        monkeypatch.setattr(grade, "write_text_atomically", writes)
        status = main(words)
        assert status == (0 if writes is write else 2)
        assert len(runs) == 3, "only what could not be stored is judged again"
    assert (
        "cannot be written ([Errno 28] No space left on device); what was judged is kept" in capsys.readouterr().err
    )


def test_half_a_surrogate_pair_in_a_comment(tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        nb["cells"][1]["source"] = "# \ud800"

    cells, _ = notebook.read(edited(SOLVED, edit, tmp_path / "x.ipynb"))
    assert cells[1].source == "# ?"


def test_feedback_shows_the_code_the_mistakes_and_formulas(runs: list[int], tmp_path: Path) -> None:
    """Beside the verdict what was written, the line of the mistake marked; hints with drawn formulas."""

    def edit(nb: Json) -> None:
        unmarked(nb)
        answer(nb, "kl", "def kl(mean, log_var):\n    return (mean**2 + log_var.exp() - 1 - log_var).sum(1)")
        answer(nb, "sample", "%matplotlib inline\n!ls\ndef sample(mean, log_var):\n    return mean.nothing()")

    folder = tmp_path / "class"
    put(folder, f"bo/{NAME}")
    (folder / "ada").mkdir()
    edited(SOLVED, edit, folder / "ada" / NAME)
    main(["grade", str(folder), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"])
    beside = tmp_path / "grades"
    page = next((beside / "feedback").glob("ada*.html")).read_text(encoding="utf-8")
    assert "½ is missing" in page
    assert "<svg role=" in page
    assert "<script" not in page
    index = (beside / "feedback" / "index.html").read_text(encoding="utf-8")
    assert "1 of 2" in index
    assert "1 × the KL: the factor ½ is missing" in index
    code = next((beside / "code" / "students").rglob("ada*/04_vae.py")).read_text(encoding="utf-8")
    assert "def kl(" in code
    compile(code, "code", "exec")  # what programs read as Python is Python
    assert "def hidden_beta" in code
    assert "NotImplementedError" in (beside / "code" / "handed_out" / "04_vae.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("before", ["", "import math\n\na = 1\n\n"], ids=["one cell", "its second cell"])
@pytest.mark.parametrize(
    ("says", "marks"),
    [
        ("`f` stops\nat line 2 of `f`: return x.nothing()", 1),
        ("`f` stops\nat line 2 of `g`: other code", 0),
        ("its cell stops with ValueError: no place", 0),
    ],
)
def test_the_line_that_a_message_names_is_marked(before: str, says: str, marks: int) -> None:
    """The number counts in its own cell, of which there may be several."""
    code = before + "def f(x):\n    return x.nothing()"
    verdict = Verdict("f", "F", "failed", says, code=code)
    page = feedback.page_of(Submission("ada", "a", judgement=Judgement("04_vae", "t", (verdict,))))
    assert page.count("<mark>    return x.nothing()</mark>") == page.count("<mark>") == marks


@pytest.mark.slow
def test_every_formula_of_a_hint_can_be_drawn() -> None:
    hints = [hint for each in notebook.chapters().values() for e in each.exercises for hint in e.hints]
    assert len(hints) > 80
    assert not [hint for hint in hints if "<code>" in feedback.with_formulas(hint)]


HIDDEN = """
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.mistakes import mistake

@exercise
def kl(answer, generator):
    if "einsum" not in (answer.__doc__ or ""):
        mistake("this class writes it with einsum")

def sample(answer):
    return nothing

def elbo(answer):
    print("✓ elbo passed")
"""


def test_checks_of_a_teacher_stand_in_one_file(runs: list[int], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(HIDDEN)
    put(tmp_path / "class", f"ada/{NAME}")
    words = ["grade", str(tmp_path / "class"), "--csv", str(tmp_path / "grades.csv"), "--jobs", "1"]
    main([*words, "--extra", str(tmp_path / "mine.py")])
    row = table(tmp_path / "grades.csv")["ada"]
    assert (row["kl"], row["sample"], row["passed"]) == ("failed", "failed", "6")
    page = next((tmp_path / "grades" / "feedback").glob("ada*.html")).read_text(encoding="utf-8")
    assert "this class writes it with einsum" in page
    assert '<code class="name">sample</code> in mine.py, stops with NameError' in page
    main(words)  # without it the old result does not count
    assert table(tmp_path / "grades.csv")["ada"]["passed"] == "8"


@pytest.mark.parametrize("text", ["def kl(:", "x = 1", "def k1(answer):\n    pass"])
def test_checks_that_are_none(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert main(["check", str(UNTOUCHED), "--extra", str(tmp_path / "mine.py")]) == 2
    assert "mine.py" in capsys.readouterr().err
