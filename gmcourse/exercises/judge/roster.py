"""Grades in the form that a learning platform takes back: the roster that it gave, with points filled in.

It knows Moodle's grading worksheet (Identifier, Grade, …; in another language by the numbers in its first column),
Canvas's gradebook (Student, ID, …, a column an assignment), and any table with a name or e-mail address a row.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmcourse.exercises.judge.submissions import Submission

IN_CANVAS = (
    *("Student", "LastName", "FirstName", "ID"),
    *("SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section"),
)
FIRST, LAST = ("first name", "firstname"), ("surname", "last name", "lastname")
NAMES = ("full name", "name", "student")
MAILS = ("email address", "e-mail", "email", "mail", "sis login id")
WHO = (*NAMES, *MAILS)


@dataclass(frozen=True)
class Roster:
    """The people of a class, as a platform lists them."""

    kind: str  # "moodle", "canvas" or "plain"
    heading: list[str]
    rows: list[dict[str, str]]  # one for each person, and what else stands in the file
    column: str  # where the points go

    def people(self) -> list[dict[str, str]]:
        """The rows that are persons: not Canvas's on points and posting, nor its test student."""
        if self.kind == "canvas":
            return [r for r in self.rows if r["ID"] and r.get("Student") != "Student, Test"]
        return [row for row in self.rows if any(row.values())]

    def most(self) -> float | None:
        """The points that the platform gives for this assignment, where the file says it."""
        said: list[str] = []
        if self.kind == "canvas":
            said = [r[self.column] for r in self.rows if r[self.heading[0]].strip() == "Points Possible"]
        elif self.kind == "moodle":  # in whatever language, beside the column of the grades
            said = [self.rows[0][key] for key in self.heading[self.heading.index(self.column) + 1 :][:1]]
        found = re.fullmatch(r"\d+([.,]\d+)?", said[0].strip() if said else "")
        return float(found[0].replace(",", ".")) or None if found else None

    def called(self, result: Submission) -> list[dict[str, str]]:
        """The rows that whoever handed this in may be: by the platform's number, else by e-mail address or name."""
        if result.identifier and self.kind != "plain":
            numbers = self.heading[0] if self.kind == "moodle" else "ID"
            return [row for row in self.people() if re.findall(r"\d+", row[numbers])[-1:] == [result.identifier]]
        plain = _plain(result.student)
        return [row for row in self.people() if plain in _called(row)]

    def filled(self, points_of: dict[int, tuple[float, str]]) -> str:
        """The file for the platform: only columns that it knows. `points_of` has points and words by `id(row)`."""
        known = [h for h in self.heading if (h in IN_CANVAS if self.kind == "canvas" else h.lower() in WHO)]
        others = [h for h in known or self.heading if h != self.column]
        heading = self.heading if self.kind == "moodle" else [*others, self.column]
        text = io.StringIO()
        writer = csv.DictWriter(text, heading, extrasaction="ignore", restval="", lineterminator="\r\n")
        writer.writeheader()
        for row in self.rows:
            if id(row) in points_of:
                reached, words = points_of[id(row)]
                row = row | {self.column: f"{reached:g}", "Feedback comments": words}
            writer.writerow(row)
        return text.getvalue()


def read(path: Path, column: str | None = None) -> Roster:
    """Read a roster, and find the column for the points: `column`, or the only one that it can be.

    A roster that is no table, that names nobody, or in which it is not clear what column is meant is a `ValueError`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        reader.fieldnames = heading = [each.strip() for each in reader.fieldnames or []]
        rows = [{key: value or "" for key, value in row.items()} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:  # a quotation mark that is never closed, say
        raise ValueError(f"the roster {path} cannot be read: {error}; expected a CSV file in UTF-8") from None
    if not rows:
        raise ValueError(f"the roster {path} names nobody; expected a row for each student, below headings")
    if twice := {each for each in heading if each and heading.count(each) > 1}:
        raise ValueError(f"the roster {path} has the column {', '.join(sorted(twice))} twice; expected each once")
    if wide := [number for number, row in enumerate(rows, 1) if any(row.pop(None, ""))]:
        raise ValueError(f"the roster {path} has more cells than headings in row {wide[0]}")
    kind = "plain"
    numbered = column and all(re.fullmatch(r"\D+\d+", row[heading[0]]) for row in rows)
    if {"Identifier", "Grade"} <= set(heading) or numbered:
        kind, column = "moodle", column or "Grade"
    elif heading[0] in ("Student", "LastName") and "ID" in heading:
        kind = "canvas"
        assignments = [each for each in heading if re.search(r"\(\d+\)$", each)]
        if column is None and len(assignments) != 1:
            there = ", ".join(assignments) or "none"
            raise ValueError(f"--column has to name the assignment; {path} has {there}")
        column = column or assignments[0]
    elif not {each.lower() for each in heading} & {*WHO, *FIRST}:
        raise ValueError(f"the roster {path} has the columns {', '.join(heading)}; expected a name or an e-mail")
    if kind != "plain" and column not in heading:
        raise ValueError(f"the roster {path} has no column {column!r}; it has {', '.join(heading)}")
    return Roster(kind, heading, rows, column or "points")


def person(row: dict[str, str]) -> str:
    """Whoever a row is about, in words."""
    both = " ".join([*_of(row, FIRST)[:1], *_of(row, LAST)[:1]])
    return next(filter(None, [both, *_of(row, WHO), *row.values()]), "?")


def _of(row: dict[str, str], keys: Sequence[str]) -> list[str]:
    """What stands in these columns, whatever the case of their headings."""
    lower = {key.lower(): value for key, value in row.items()}
    return [lower[key] for key in keys if lower.get(key)]


def _called(row: dict[str, str]) -> set[str]:
    """What somebody may be called in the name of a file."""
    mails, names = _of(row, MAILS), _of(row, NAMES)
    turned = [" ".join(reversed(name.split(",", 1))) for name in names if "," in name]
    swapped = [" ".join([*name.split()[-1:], *name.split()[:-1]]) for name in names]
    both = [*_of(row, FIRST), *_of(row, LAST)]
    calls = [*names, *turned, *swapped, " ".join(both), " ".join(reversed(both)), *mails]
    calls += [mail.partition("@")[0] for mail in mails]
    return {plain for each in calls if (plain := _plain(each))}


def _plain(name: str) -> str:
    """Write a name without accents, spaces and capitals, as platforms write it into file names.

    The vowels of Indian scripts and of Thai are marks, too, and stay: names differ in them.
    """
    apart = unicodedata.normalize("NFKD", name).casefold()
    vowels = {each for each in apart if unicodedata.category(each)[0] == "M" and not unicodedata.combining(each)}
    return "".join(each for each in apart if each.isalnum() or each in vowels)
