"""A deck of slides of one lesson, from `book/slides/NN_slug.md` to a page of the built site.

Slides are Markdown, with a line `---` between two of them. The first line of a slide is its heading, `# …` on the
first slide and `## …` on the others. What the teacher says comes last, after a line that tells the minutes:

    Notes, 3 minutes: Ask for a show of hands before the picture is explained.

What the lesson has is not written again. A paragraph of its own fetches it by its name there:

    ![](figure:fig-cov-layers)    a figure that a cell of the lesson draws, with its alt text
    ![](diagram:glow)             book/_static/diagrams/glow.svg, with its title
    ![](live:plane_flow)          a live figure; in print its still picture
    [](equation:5.2)              a numbered equation of the lesson
    [](question:cov-slope)        a question of the bank, and on the next slide its answer

and `[](number:cov-depth-4)` inside a sentence is the range of a number to expect. A name that the lesson does not
have is an error, so a deck cannot fall behind its lesson unseen.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from tools import deck_page, lessons, measured, questions
from tools.environment import ROOT
from tools.markup import block, line

FOLDER = ROOT / "book" / "slides"
STATIC = ROOT / "book" / "_static"
NOTES = re.compile(r"^Notes, (\d+) minutes?:\s*", re.MULTILINE)
FETCHED = re.compile(r"^(!?)\[\]\((\w+):([\w.-]+)\)$", re.MULTILINE)
NUMBER = re.compile(r"\[\]\(number:([\w-]+)\)")
EQUATION = re.compile(r"\$\$((?:(?!\$\$).)+?)\\tag\{([\d.]+)\}\s*\$\$", re.DOTALL)
WIDE = 1.7  # a picture that is wider than so many heights stands below the text, others beside it


@dataclass(frozen=True)
class Slide:
    """The source of one slide, without its notes."""

    text: str
    notes: str
    minutes: int


def decks() -> list[str]:
    """The lessons of the table of contents that have slides: `05_change_of_variables` and so on."""
    return sorted(each.stem for each in FOLDER.glob("*.md") if f"notebooks/{each.stem}" in lessons.pages())


def slides(text: str) -> list[Slide]:
    """Split the source of a deck into slides.

    Raises:
        ValueError: a slide says no minutes.
    """
    found = []
    for number, part in enumerate(re.split(r"^---$", text, flags=re.MULTILINE), 1):
        shown, *said = NOTES.split(part.strip())
        if len(said) != 2:
            raise ValueError(f'slide {number} is to end with one line "Notes, 3 minutes: …": {shown[:60]!r}')
        found.append(Slide(shown.strip(), said[1].strip(), int(said[0])))
    return found


class Lesson:
    """What the slides of a lesson take from it."""

    def __init__(self, slug: str, output: Path) -> None:
        """`output` is the folder that pictures are written to."""
        self.slug, self.output = slug, output
        self.path = ROOT / "notebooks" / f"{slug}.ipynb"

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        """The cells, with the outputs that the cache has."""
        return list(lessons.executed(self.path).cells)

    @cached_property
    def equations(self) -> dict[str, str]:
        """Find the numbered equations of the lesson, by their numbers."""
        return {number: formula.strip() for formula, number in EQUATION.findall(measured.prose(self.path))}

    @cached_property
    def questions(self) -> dict[str, questions.Question]:
        """Read the questions of the lesson, by their ids."""
        return {each.id: each for each in questions.read(self.slug)}

    def figure(self, name: str) -> tuple[str, float]:
        """Write the picture that a cell drew to a file; returns the tag, and width over height."""
        for cell in self.cells:
            described = cell.get("metadata", {}).get("mystnb", {})
            if described.get("figure", {}).get("name") != name:
                continue
            for output in cell["outputs"]:
                data = output.get("data", {})
                if "image/png" in data:
                    self.output.mkdir(parents=True, exist_ok=True)
                    path = self.output / f"{name}.png"
                    path.write_bytes(base64.b64decode(data["image/png"]))
                    width, height = Image.open(path).size
                    alt = escape(described["image"]["alt"])
                    return f'<img src="figures/{name}.png" alt="{alt}">', width / height
        raise KeyError(name)

    def diagram(self, name: str) -> tuple[str, float]:
        """Return the tag of a diagram of our own, and width over height."""
        svg = (STATIC / "diagrams" / f"{name}.svg").read_text(encoding="utf-8")
        alt = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
        size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
        if alt is None or size is None:
            raise KeyError(name)
        tag = f'<img src="../_static/diagrams/{name}.svg" alt="{escape(alt[1])}">'
        return tag, int(size[1]) / int(size[2])

    def live(self, name: str) -> tuple[str, float]:
        """Return the box of a live figure, which holds its still picture, with its alt text, until it runs."""
        still = f"live/stills/{name}.png"
        alt = re.search(rf"!\[([^]]+)\]\([^)]*/{still}\)", measured.prose(self.path))
        if alt is None:
            raise KeyError(name)
        width, height = Image.open(STATIC / still).size
        image = f'<img src="../_static/{still}" alt="{escape(alt[1])}" width="{width}" height="{height}">'
        return f'<div class="gm-live" data-figure="{name}">{image}</div>', 1.0

    def equation(self, name: str) -> str:
        """Return a numbered equation of the lesson, with its number."""
        return rf'<div class="math notranslate">\[{escape(self.equations[name])} \tag{{{name}}}\]</div>'

    def number(self, name: str) -> str:
        """The range that the lesson's text gives."""
        return next(each.text for each in measured.claims(measured.prose(self.path), "") if each.id == name)


def _question(asked: questions.Question, answered: bool) -> str:
    options = []
    for letter, option in asked.lettered():
        kind = ' class="right"' if answered and option.right else ' class="wrong"' if answered else ""
        options.append(f"<li{kind}><b>{letter}</b><span>{line(option.answer)}</span></li>")
    after = f'<p class="because">{line(asked.right.why)}</p>' if answered else ""
    return f'<p class="ask">{line(asked.question)}</p><ul class="options">{"".join(options)}</ul>{after}'


def _notes(slide: Slide, more: str = "") -> str:
    return f'<aside class="notes"><p><b>{slide.minutes} min</b></p>{block(slide.notes)}{more}</aside>'


def _body(lesson: Lesson, text: str) -> tuple[str, str]:
    """Return the HTML of a slide and the class of its layout."""
    pictures: list[str] = []
    shape = 0.0

    def fetch(match: re.Match[str]) -> str:
        nonlocal shape
        bang, kind, name = match.groups()
        if kind == "equation":
            return f"\n{lesson.equation(name)}\n"
        if not bang or kind not in ("figure", "diagram", "live"):
            raise ValueError(f"{match[0]} is not known; tools/deck.py says what a slide can fetch")
        tag, shape = getattr(lesson, kind)(name)
        pictures.append(f'<div class="picture {kind}">{tag}</div>')
        return ""

    text = NUMBER.sub(lambda match: lesson.number(match[1]), text)
    heading, _, rest = FETCHED.sub(fetch, text).strip().partition("\n")
    words = block(rest).strip()
    wide = shape > WIDE or 'class="math notranslate"' in words  # an equation beside a picture is too small to read
    layout = "words" if not pictures else "alone" if not words else "below" if wide else "beside"
    inside = f'<div class="text">{words}</div>' if words else ""
    return f'{block(heading)}<div class="content">{inside}{"".join(pictures)}</div>', layout


def _sections(lesson: Lesson, slide: Slide) -> list[str]:
    asked = re.search(r"^\[\]\(question:([\w-]+)\)$", slide.text, re.MULTILINE)
    if asked is None:
        body, layout = _body(lesson, slide.text)
        return [f'<section class="{layout}">{body}{_notes(slide)}</section>']
    question, heading = lesson.questions[asked[1]], block(slide.text.partition("\n")[0])
    wrong = [(letter, one) for letter, one in question.lettered() if not one.right]
    reasons = "".join(f"<li>{letter}: {line(one.why)}</li>" for letter, one in wrong)
    return [
        f'<section class="question">{heading}{_question(question, False)}{_notes(slide)}</section>',
        f'<section class="question">{heading}{_question(question, True)}'
        f'<aside class="notes"><ul>{reasons}</ul></aside></section>',
    ]


def page(slug: str, output: Path) -> str:
    """The page of one deck; its pictures are written into `output`/figures.

    Raises:
        ValueError: a slide fetches what the lesson does not have; says which.
    """
    lesson = Lesson(slug, output / "figures")
    source = slides((FOLDER / f"{slug}.md").read_text(encoding="utf-8"))
    sections: list[str] = []
    for number, slide in enumerate(source, 1):
        try:
            sections += _sections(lesson, slide)
        except (KeyError, FileNotFoundError, StopIteration) as error:
            raise ValueError(f"{slug}, slide {number}: the lesson has no {error}") from error
    title = source[0].text.partition("\n")[0].removeprefix("# ")
    return deck_page.PAGE.format(title=escape(title), sections="\n".join(sections))


def write(html: Path) -> list[Path]:
    """Write every deck into a built site."""
    folder = html / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for slug in decks():
        path = folder / f"{slug}.html"
        path.write_text(page(slug, folder), encoding="utf-8")
        written.append(path)
    return written


def minutes(slug: str) -> int:
    """How long a deck takes."""
    return sum(each.minutes for each in slides((FOLDER / f"{slug}.md").read_text(encoding="utf-8")))
