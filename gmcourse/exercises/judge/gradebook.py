"""The class as a table for a spreadsheet, and points for the platform."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gmcourse.console import visible
from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.feedback import page_of
from gmcourse.exercises.judge.judgement import PASSED, Judgement
from gmcourse.exercises.judge.roster import Roster, person
from gmcourse.exercises.judge.submissions import Submission

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(text: object) -> str:
    """Text that a spreadsheet shows and does not run: a leading =, +, - or @ gets an apostrophe before it."""
    plain = str(text)
    return f"'{plain}" if plain.lstrip(" \n").startswith(FORMULA) else plain


@dataclass(frozen=True)
class Marking:
    """How verdicts become points, and whose they are."""

    most: float = 10.0
    weights: str = "equal"
    people: Roster | None = None

    def of(self, results: Sequence[Submission]) -> float:
        """Add up the points for these notebooks."""
        return sum(self.points(each.judgement) for each in results if each.judgement)

    def points(self, judgement: Judgement) -> float:
        """Count the points for a notebook: the share of what passed, each exercise counted once, or by its stars."""
        by_stars = notebook.chapter(judgement.chapter).exercises if self.weights == "stars" else ()
        stars = {each.name: each.stars for each in by_stars}
        counts = [stars.get(verdict.exercise, 1) for verdict in judgement.verdicts]
        passed = sum(n for n, v in zip(counts, judgement.verdicts, strict=True) if v.status == PASSED)
        return round(self.most * passed / max(1, sum(counts)), 2)

    def by_row(self, results: Sequence[Submission]) -> dict[int, tuple[float, str]]:
        """Give points and a short text for each row of the roster, by its `id`; none where the machine failed."""
        found: dict[int, tuple[float, str]] = {}
        for group in _by_student(results, self.people):
            called = self.people.called(group[0]) if self.people else []
            if len(called) == 1 and not any(each.fault and not each.judgement for each in group):
                reached, row = (self.of(group), "; ".join(map(_in_short, group))), id(called[0])
                found[row] = max(found.get(row, reached), reached)
        return found


def _in_short(result: Submission) -> str:
    if result.judgement is None:
        return visible(result.problem)
    open_ = [f"{each.title}: {each.status}" for each in result.judgement.verdicts if each.status != PASSED]
    said = [visible(result.problem)] if result.problem else []
    return "; ".join([*said, f"{result.judgement.passed} of {len(result.judgement.verdicts)} passed", *open_])


def rows(results: Sequence[Submission], marking: Marking | None = None) -> list[list[str]]:
    """Make a heading, a row for each student with a column for each exercise, and rows of those who are missing."""
    marking = marking or Marking()
    chapters = {each.judgement.chapter: each.judgement.verdicts for each in results if each.judgement}
    columns = [(chapter, each.exercise) for chapter in sorted(chapters) for each in chapters[chapter]]
    heading = [f"{chapter}:{name}" if len(chapters) > 1 else name for chapter, name in columns]
    table = [["student", *heading, "passed", "of", "points", "late", "problem", "files"]]
    for group in _by_student(results, marking.people):
        judged = [each.judgement for each in group if each.judgement]
        verdicts = {(each.chapter, v.exercise): v.status for each in judged for v in each.verdicts}
        table.append(
            [
                visible(group[0].student),
                *(verdicts.get(column, "") for column in columns),
                str(sum(status == PASSED for status in verdicts.values())),
                str(len(verdicts)),
                f"{marking.of(group):g}",
                "late" if any(each.late for each in group) else "",
                "; ".join(visible(each.problem) for each in group if each.problem),
                "; ".join(visible(each.name) for each in group),
            ]
        )
    if marking.people is not None:
        found = {id(row) for each in results for row in marking.people.called(each)}
        nothing = [*[""] * len(columns), "0", "0", "0", "", "handed in nothing", ""]
        table += [[visible(person(r)), *nothing] for r in marking.people.people() if id(r) not in found]
    return table


def _by_student(results: Sequence[Submission], people: Roster | None) -> list[list[Submission]]:
    """The notebooks of one student together, but of each chapter one only; two of the same name are two students.

    Who is one person on the roster is one, however the names of their files are written.
    """
    found: list[tuple[object, list[Submission]]] = []
    for result in sorted(results, key=lambda each: (each.student.lower(), each.student, each.name)):
        chapter = result.judgement.chapter if result.judgement else None
        called = people.called(result) if people else []
        who = id(called[0]) if len(called) == 1 else (result.student, result.identifier)
        for other, group in found:
            taken = {each.judgement.chapter for each in group if each.judgement}
            if other == who and chapter not in taken:
                group.append(result)
                break
        else:
            found.append((who, [result]))
    return [group for _, group in found]


def as_csv(results: Sequence[Submission], marking: Marking | None = None) -> str:
    """The table as text that any spreadsheet opens."""
    text = io.StringIO()
    table = rows(results, marking)
    csv.writer(text, lineterminator="\r\n").writerows([cell(each) for each in row] for row in table)
    return text.getvalue()


def moodle_feedback(results: Sequence[Submission]) -> bytes:
    """Pack a zip for Moodle's upload of feedback files: each page is called or lies as Moodle called what it gave."""
    packed, names = io.BytesIO(), Counter[str]()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in results:
            place = re.match(r"([^/]+_assignsubmission_[a-z]+)(_?/|_|$)", each.name)
            if place is None:
                continue
            chapter = each.judgement.chapter if each.judgement else "exercises"
            name = f"{visible(place[1] + (place[2] or '/'))}feedback_{chapter}"
            names[name] += 1
            archive.writestr(f"{name}{f'_{names[name]}' if names[name] > 1 else ''}.html", page_of(each))
    return packed.getvalue() if names else b""
