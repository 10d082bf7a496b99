"""Grades in the form that a learning platform takes back: the roster that it gave, with points filled in.

Three forms are known by their headings: Moodle's grading worksheet (Identifier, Grade, …), Canvas's gradebook
(Student, ID, …, one column an assignment), and any table with a name or an e-mail address a row.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.judgement import PASSED, Judgement
from gmcourse.exercises.judge.submissions import Result

IN_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
NAMES = ("full name", "name", "student")
MAILS = ("email address", "e-mail", "email", "mail", "sis login id")


def points(judgement: Judgement, most: float, weights: str) -> float:
    """Count the points for a notebook: the share of what passed, each exercise counted once, or by its stars."""
    by_stars = notebook.chapter(judgement.chapter).exercises if weights == "stars" else ()
    stars = {each.name: each.stars for each in by_stars}
    weight = {each.exercise: stars.get(each.exercise, 1) for each in judgement.verdicts}
    reached = sum(weight[each.exercise] for each in judgement.verdicts if each.status == PASSED)
    return round(most * reached / max(1, sum(weight.values())), 2)


@dataclass(frozen=True)
class Roster:
    """The people of a class, as a platform lists them.

    Attributes:
        kind: "moodle", "canvas" or "plain".
        heading: the columns.
        rows: one for each person, and what else stands in the file.
        column: where the points go.
    """

    kind: str
    heading: list[str]
    rows: list[dict[str, str]]
    column: str

    def people(self) -> list[dict[str, str]]:
        """The rows that are persons."""
        return [row for row in self.rows if any(row.values()) and not _is_about_points(row)]

    def find(self, result: Result) -> dict[str, str] | None:
        """Find the row of whoever handed this in: by the platform's number, else by e-mail address or name."""
        if result.identifier and self.kind != "plain":
            numbers = {"moodle": "Identifier", "canvas": "ID"}
            wanted = [r for r in self.people() if _number(r[numbers[self.kind]]) == result.identifier]
            return wanted[0] if wanted else None
        plain = _plain(result.student)
        found = [row for row in self.people() if plain in _called(row)]
        return found[0] if len(found) == 1 else None

    def filled(self, points_of: dict[int, tuple[float, str]]) -> str:
        """The file for the platform: only columns that it knows. `points_of` has points and words by `id(row)`."""
        if self.kind == "canvas":
            heading = [each for each in self.heading if each in IN_CANVAS] + [self.column]
        elif self.kind == "moodle":
            heading = self.heading
        else:
            heading = [each for each in self.heading if each.lower() in (*NAMES, *MAILS)] + [self.column]
        text = io.StringIO()
        writer = csv.DictWriter(text, heading, extrasaction="ignore", restval="", lineterminator="\r\n")
        writer.writeheader()
        for row in self.rows:
            filled = dict(row)
            if id(row) in points_of:
                reached, words = points_of[id(row)]
                filled[self.column] = f"{reached:g}"
                if "Feedback comments" in row:
                    filled["Feedback comments"] = words
            writer.writerow(filled)
        return text.getvalue()


def read(path: Path, column: str | None = None) -> Roster:
    """Read a roster, and find the column for the points: `column`, or the only one that it can be.

    Raises:
        ValueError: it cannot be read as a table, names nobody, or it is not clear which column is meant.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the roster {path} cannot be read: {error}; expected a CSV file in UTF-8") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    heading = [each.strip() for each in reader.fieldnames or []]
    reader.fieldnames = heading
    rows = [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
    kind = "plain"
    if {"Identifier", "Grade"} <= set(heading):
        kind, column = "moodle", column or "Grade"
    elif heading[:1] == ["Student"] and "ID" in heading:
        kind = "canvas"
        assignments = [each for each in heading if re.search(r"\(\d+\)$", each)]
        if column is None and len(assignments) != 1:
            there = ", ".join(assignments) or "none"
            raise ValueError(f"--column has to name the assignment; {path} has {there}")
        column = column or assignments[0]
    elif not {each.lower() for each in heading} & {*NAMES, *MAILS, "first name"}:
        raise ValueError(
            f"the roster {path} has the columns {', '.join(heading)}; expected a name or an e-mail"
        )
    if kind != "plain" and column not in heading:
        raise ValueError(f"the roster {path} has no column {column!r}; it has {', '.join(heading)}")
    return Roster(kind, heading, rows, column or "points")


def person(row: dict[str, str]) -> str:
    """Whoever a row is about, in words."""
    lower = {key.lower(): value for key, value in row.items()}
    both = f"{lower.get('first name', '')} {lower.get('surname', lower.get('last name', ''))}".strip()
    named = [both, *(lower.get(key, "") for key in (*NAMES, *MAILS, "identifier"))]
    return next((each for each in named if each), "?")


def absent(roster: Roster, found: Sequence[int]) -> list[str]:
    """List those of the roster whose row (by its `id`) nobody handed anything in for."""
    return [person(row) for row in roster.people() if id(row) not in found]


def _called(row: dict[str, str]) -> set[str]:
    """What somebody may be called in the name of a file."""
    lower = {key.lower(): value for key, value in row.items()}
    first, last = lower.get("first name", ""), lower.get("surname", lower.get("last name", ""))
    mails = [lower.get(key, "") for key in MAILS]
    names = [lower.get(key, "") for key in NAMES]
    turned = [" ".join(reversed(name.split(",", 1))) for name in names if "," in name]
    swapped = [" ".join([*name.split()[-1:], *name.split()[:-1]]) for name in names]
    calls = [*names, *turned, *swapped, f"{first} {last}", f"{last} {first}", *mails]
    calls += [mail.partition("@")[0] for mail in mails]
    return {plain for each in calls if (plain := _plain(each))}


def _plain(name: str) -> str:
    """Write a name without accents, spaces and capitals, as platforms write it into file names."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(each for each in apart.casefold() if each.isalnum())


def _number(text: str) -> str:
    digits = re.findall(r"\d+", text)
    return digits[-1] if digits else ""


def _is_about_points(row: dict[str, str]) -> bool:
    return "points possible" in next(iter(row.values()), "").strip().lower()
