"""The bank of questions: `book/questions/NN_slug.yml`, one file a lesson.

    - id: cov-mass                  # its first word is the same in the whole file
      outcome: 1                    # which line of "You will be able to", counted from 1
      question: One paragraph, with $formulas$.
      right: The right answer.
      explanation: Why it is right.
      wrong:
        - answer: A mistake that people make.
          why: What is wrong with it.

The site shows them at the end of a lesson (`book/_extensions/teaching.py`), slides ask them (`tools/deck.py`), and
`make book` writes them for Moodle (GIFT) and for text2qti, which makes a quiz for Canvas.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.environment import ROOT
from tools.lessons import pages
from tools.markup import line

FOLDER = ROOT / "book" / "questions"
FIELDS = {"id", "outcome", "question", "right", "explanation", "wrong"}
SPECIAL = re.compile(r"[\\~=#{}:]")


@dataclass(frozen=True)
class Option:
    """An answer to choose, and what is said to who chose it; one option of a question is right."""

    answer: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """One question with its options, in the order in which every page, slide and file shows them."""

    id: str
    outcome: int
    question: str
    options: tuple[Option, ...]

    @property
    def right(self) -> Option:
        """Return the option that is right."""
        return next(option for option in self.options if option.right)

    def lettered(self) -> list[tuple[str, Option]]:
        """Return the options with their letters, from A on."""
        return list(zip("ABCDEFG", self.options, strict=False))


def lessons() -> list[str]:
    """The lessons of the table of contents that have questions: `05_change_of_variables` and so on."""
    shown = pages()
    return sorted(path.stem for path in FOLDER.glob("*.yml") if f"notebooks/{path.stem}" in shown)


def read(slug: str, folder: Path = FOLDER) -> list[Question]:
    """Read the questions of one lesson.

    Raises:
        ValueError: a question lacks a field or has one too many; says which.
    """
    entries = yaml.safe_load((folder / f"{slug}.yml").read_text(encoding="utf-8"))
    return [_question(slug, entry) for entry in entries]


def _question(slug: str, entry: dict[str, object]) -> Question:
    name = f"{slug}: {entry.get('id', entry)}"
    if set(entry) != FIELDS:
        raise ValueError(f"{name} has the fields {sorted(entry)}; expected {sorted(FIELDS)}")
    options = [Option(_text(entry["right"]), _text(entry["explanation"]), right=True)]
    wrong = entry["wrong"]
    if not isinstance(wrong, list) or not 2 <= len(wrong) <= 5:
        raise ValueError(f"{name}: wrong is to be a list of 2 to 5 answers")
    for each in wrong:
        if set(each) != {"answer", "why"}:
            raise ValueError(f"{name}: a wrong answer has {sorted(each)}; expected answer and why")
        options.append(Option(_text(each["answer"]), _text(each["why"]), right=False))
    # an order that is the same everywhere and does not tell which one is right
    options.sort(key=lambda option: zlib.crc32(f"{entry['id']} {option.answer}".encode()))
    return Question(str(entry["id"]), int(str(entry["outcome"])), _text(entry["question"]), tuple(options))


def _text(value: object) -> str:
    return " ".join(str(value).split())


def gift(title: str, questions: list[Question]) -> str:
    """The questions as Moodle's GIFT format reads them, in HTML, formulas as its MathJax filter finds them."""

    def words(text: str) -> str:
        return SPECIAL.sub(r"\\\g<0>", line(text))

    parts = [f"$CATEGORY: {title.replace('/', '-')}\n"]
    for each in questions:
        answers = "\n".join(
            f"={words(one.answer)}#Right." if one.right else f"~{words(one.answer)}#{words(one.why)}"
            for one in each.options
        )
        parts.append(f"::{each.id}::[html]{words(each.question)} {{\n{answers}\n####{words(each.right.why)}\n}}\n")
    return "\n".join(parts)


def text2qti(title: str, questions: list[Question]) -> str:
    """The questions in the plain text that text2qti makes a quiz for Canvas of."""
    parts = [f"Quiz title: {title}\n"]
    for number, each in enumerate(questions, 1):
        lines = [f"{number}. {each.question}", f"... {each.right.why}"]
        for letter, one in each.lettered():
            lines.append(f"{'*' if one.right else ''}{letter.lower()}) {one.answer}")
            lines.append("... Right." if one.right else f"... {one.why}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def write(html: Path) -> list[Path]:
    """Write both files of every lesson into a built site."""
    folder = html / "questions"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for slug in lessons():
        title = f"Deep generative models, lesson {slug[:2]}"
        for kind, text in (("gift", gift(title, read(slug))), ("text2qti", text2qti(title, read(slug)))):
            path = folder / f"{slug}.{kind}.txt"
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
