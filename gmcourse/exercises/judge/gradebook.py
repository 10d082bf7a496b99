"""The class as a table for a spreadsheet, and points for the platform."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from gmcourse.console import visible
from gmcourse.exercises.judge.feedback import page_of
from gmcourse.exercises.judge.judgement import PASSED
from gmcourse.exercises.judge.roster import Roster, absent, points
from gmcourse.exercises.judge.submissions import Result

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(text: object) -> str:
    """Text that a spreadsheet shows and does not run: a leading =, +, - or @ gets an apostrophe before it."""
    plain = str(text)
    return f"'{plain}" if plain.lstrip(" \n").startswith(FORMULA) or plain.startswith(FORMULA) else plain


@dataclass(frozen=True)
class Marking:
    """How verdicts become points, and whose they are."""

    most: float = 10.0
    weights: str = "equal"
    people: Roster | None = None

    def of(self, results: Sequence[Result]) -> float:
        """Add up the points for these notebooks."""
        return sum(points(each.judgement, self.most, self.weights) for each in results if each.judgement)

    def by_row(self, results: Sequence[Result]) -> dict[int, tuple[float, str]]:
        """Give points and a short text for each row of the roster, by its `id`."""
        found: dict[int, tuple[float, str]] = {}
        for _, group in _by_student(results):
            row = self.people.find(group[0]) if self.people else None
            if row is not None:
                reached, words = self.of(group), "; ".join(map(_in_short, group))
                if id(row) not in found or found[id(row)][0] < reached:
                    found[id(row)] = (reached, words)
        return found


def _in_short(result: Result) -> str:
    if result.judgement is None:
        return visible(result.problem)
    open_ = [f"{each.title}: {each.status}" for each in result.judgement.verdicts if each.status != PASSED]
    said = [visible(result.problem)] if result.problem else []
    return "; ".join([*said, f"{result.judgement.passed} of {len(result.judgement.verdicts)} passed", *open_])


def rows(results: Sequence[Result], marking: Marking | None = None) -> list[list[str]]:
    """Return a heading, then one row for each student, with one column for each exercise.

    Notebooks of different chapters share their student's row; a second one of the same chapter gets its own. Those
    of the roster who handed nothing in stand at the end.
    """
    marking = marking or Marking()
    judged = [each.judgement for each in results if each.judgement]
    chapters = {each.chapter: each.verdicts for each in judged}
    columns = [(chapter, each.exercise) for chapter in sorted(chapters) for each in chapters[chapter]]
    heading = [f"{chapter}:{name}" if len(chapters) > 1 else name for chapter, name in columns]
    table = [["student", *heading, "passed", "of", "points", "late", "problem", "files"]]
    for student, group in _by_student(results):
        verdicts = {
            (each.judgement.chapter, verdict.exercise): verdict.status
            for each in group
            if each.judgement
            for verdict in each.judgement.verdicts
        }
        table.append(
            [
                visible(student),
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
        found = [id(row) for each in results if (row := marking.people.find(each)) is not None]
        for name in absent(marking.people, found):
            nothing = "handed in nothing"
            table.append([visible(name), *[""] * len(columns), "0", "0", "0", "", nothing, ""])
    return table


def _by_student(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    found: list[tuple[str, list[Result]]] = []
    for result in sorted(results, key=lambda each: (each.student.lower(), each.student, each.name)):
        chapter = result.judgement.chapter if result.judgement else None
        for student, group in found:
            taken = {each.judgement.chapter for each in group if each.judgement}
            if student == result.student and chapter not in taken:
                group.append(result)
                break
        else:
            found.append((result.student, [result]))
    return found


def as_csv(results: Sequence[Result], marking: Marking | None = None) -> str:
    """The table as text that any spreadsheet opens."""
    text = io.StringIO()
    table = rows(results, marking)
    csv.writer(text, lineterminator="\r\n").writerows([cell(each) for each in row] for row in table)
    return text.getvalue()


def moodle_feedback(results: Sequence[Result]) -> bytes:
    """Pack a zip for Moodle's upload of feedback files: each page in a folder called as Moodle called it."""
    pages = [(each.name.partition("/")[0], each) for each in results if "_assignsubmission_" in each.name]
    if not pages:
        return b""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, each in pages:
            chapter = each.judgement.chapter if each.judgement else "exercises"
            archive.writestr(f"{visible(folder)}/feedback_{chapter}.html", page_of(each))
    return packed.getvalue()
