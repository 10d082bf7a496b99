"""Writes the table of all lessons' outcomes, with their slides and questions. `make book` calls it.

The outcomes are those that each lesson promises, so they stand once, in the lesson.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tools import deck, measured, questions
from tools.environment import ROOT
from tools.lessons import pages

PAGE = ROOT / "book" / "instructor" / "outcomes.md"
PROMISE = re.compile(r"You will be able to\n\n((?:- .+\n?)+)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
BAR, VERTICAL = re.compile(r"(?<!\\)\|"), r"\\vert "  # a bar in a formula would end a cell of the table
BEFORE = """# Outcomes, slides and questions

What a student can do after each lesson, as the lesson itself promises it, and what there is to teach it with: all
lessons in one table.

- **Slides** are for the 45 minutes of the lesson's core. They run in the browser, without a network. Press `S` for
  the speaker view with notes and minutes, `F` for the full screen, `?` for all keys. `make slides` prints them as
  PDFs into `_build/slides`. A deck is one Markdown file in `book/slides`; the top of `tools/deck.py` says how it is
  written.
- **Questions** are those at the end of each lesson. *Moodle* is a file in GIFT format: in the question bank choose
  Import, then GIFT. *Canvas* is a text file of which the program text2qti makes a quiz. Change them in
  `book/questions`; the top of `tools/questions.py` says how.
"""


def lessons() -> list[str]:
    """List every lesson of the table of contents, `01_discriminative_vs_generative` and so on."""
    return [name.removeprefix("notebooks/") for name in pages() if re.match(r"notebooks/\d", name)]


def outcomes(slug: str) -> list[str]:
    """Find what a lesson promises, one line each; none if it promises nothing."""
    match = PROMISE.search(measured.prose(ROOT / "notebooks" / f"{slug}.ipynb"))
    return [each.strip().rstrip(";.,") for each in match[1].strip()[2:].split("\n- ")] if match else []


def _files(slug: str) -> str:
    links = []
    if slug in deck.decks():
        links.append(f'<a href="../../slides/{slug}.html">slides, {deck.minutes(slug)} minutes</a>')
    if slug in questions.lessons():
        count = len(questions.read(slug))
        links.append(f'{count} questions: <a href="../../questions/{slug}.gift.txt">Moodle</a>')
        links.append(f'<a href="../../questions/{slug}.text2qti.txt">Canvas</a>')
    return ", ".join(links)


def page() -> str:
    """Return the text of the page."""
    rows = ["| lesson | after it a student can | questions on it |", "|---|---|---|"]
    for slug in lessons():
        title = TITLE.search(measured.prose(ROOT / "notebooks" / f"{slug}.ipynb"))
        name = f"[{slug[:2]} {title[1] if title else slug}](../../notebooks/{slug}.ipynb)"
        asked = Counter(each.outcome for each in questions.read(slug)) if slug in questions.lessons() else {}
        for number, outcome in enumerate(outcomes(slug), 1):
            lesson = f"{name}: {_files(slug)}" if number == 1 else slug[:2]
            rows.append(f"| {lesson} | {number}. {BAR.sub(VERTICAL, outcome)} | {asked.get(number, 0)} |")
    return "\n".join([BEFORE, *rows, ""])


def write(path: Path = PAGE) -> None:
    """Write the page if it has changed, so that Sphinx sees what is new."""
    text = page()
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
