"""A lesson ends, before its exercises, on questions with which a reader tests himself, and on what teachers need.

The questions are those of `book/questions/NN_slug.yml`. Without JavaScript each has its folded answer; with it,
`course.js` also says at once what is right or wrong with an option. Nothing is stored or sent.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from tools import deck, questions
from tools.markup import line

PLACE = "Exercises", "References"


class Questions(SphinxTransform):
    """A section before the lesson's exercises, or before its references if it has none."""

    default_priority = 204

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        slug = self.env.docname.removeprefix("notebooks/")
        if slug not in questions.lessons():
            return
        sections = {node[0].astext(): node for node in self.document.findall(nodes.section)}
        after = next((sections[title] for title in PLACE if title in sections), None)
        section = nodes.section(
            "", nodes.title("", "Test yourself"), ids=["test-yourself"], names=["test yourself"]
        )
        section += nodes.raw("", page(slug), format="html")
        if after is None:
            self.document[0] += section
        else:
            after.parent.insert(after.parent.index(after), section)


def page(slug: str) -> str:
    """All questions of a lesson, folded, and the links for teachers."""
    asked = questions.read(slug)
    forms = "\n".join(form(number, each) for number, each in enumerate(asked, 1))
    files = [f'<a href="../questions/{slug}.{kind}.txt">{name}</a>' for kind, name in KINDS.items()]
    if slug in deck.decks():
        files.insert(0, f'<a href="../slides/{slug}.html">slides</a>')
    return (
        f'<details class="gm-questions"><summary>{len(asked)} questions on this lesson</summary>\n{forms}\n'
        f"</details>\n"
        f'<p class="gm-teachers">For teachers: {", ".join(files)}.</p>'
    )


KINDS = {"gift": "these questions for Moodle", "text2qti": "for Canvas"}


def form(number: int, asked: questions.Question) -> str:
    """One question: options to choose from, and the folded answer."""
    rows, reasons = [], []
    for letter, option in asked.lettered():
        right = ' data-right="1"' if option.right else ""
        rows.append(
            f'<label><input type="radio" name="{asked.id}" value="{letter}"{right}>'
            f"<span><b>{letter}</b> {line(option.answer)}</span></label>"
        )
        word = "Right." if option.right else "No."
        reasons.append(f'<li data-why="{letter}"><b>{letter}</b> {word} {line(option.why)}</li>')
    return (
        f'<form class="gm-question" id="question-{asked.id}"><fieldset>'
        f"<legend>{number}. {line(asked.question)}</legend>{''.join(rows)}</fieldset>"
        f'<p class="gm-verdict" role="status"></p>'
        f"<details><summary>Answer to question {number}</summary><ul>{''.join(reasons)}</ul></details></form>"
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register."""
    app.add_transform(Questions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
