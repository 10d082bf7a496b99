"""Lessons are Markdown with a little HTML, so that they read well in JupyterLab too; the site makes more of it.

| in the lesson | on the site |
|---|---|
| `<blockquote class="predict">` with a bold first line | a box with a title |
| `\\tag{4.1}` in a displayed equation | an equation with this number and an anchor |
| `equation (4.1)` in a sentence | its number is a link to it, also from another lesson |
| `x`, `z`, `p_\\theta`, `q_\\phi`, `f` or `G` in a numbered equation | the colour of data, latent or model |
| `5 %`, `β = 2` | on one line; none begins with `·` |
| a link to a paper of the bibliography | a link to its entry on the page of references |

Live figures are in `live_figures.py`, exercises in `hand_outs.py`.
"""

from __future__ import annotations

import re
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from tools.papers import by_address

OPEN, CLOSE = re.compile(r'<blockquote class="(\w+)"'), "</blockquote>"
TAG = re.compile(r"\s*\\tag\{([^}]+)\}")
REFERENCE = re.compile(r"(?<=[Ee]quation\s)\((\d+\.\d+|T\.\d+)\)")
# a word, the name of an environment or of a function is no symbol
SYMBOL = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end)\*?\{[^}]*\}|[pq]_\\(?:theta|phi)|\\[A-Za-z]+|[A-Za-z]"
)
MODEL = ("p_\\theta", "q_\\phi", "G", "f")
IDEAS = {"x": "data", "z": "latent", **dict.fromkeys(MODEL, "model")}
TOGETHER = re.compile(r" (?=%(?!\w)|· )|(?<=[α-ω]) (?==)|(?<=[α-ω] =) ")
BIBLIOGRAPHY = "book/bibliography"
UNTOUCHED = (nodes.reference, nodes.title, nodes.literal, nodes.math, nodes.raw, nodes.FixedTextElement)
log = logging.getLogger(__name__)


class Boxes(SphinxTransform):
    """Everything between an opening and a closing blockquote becomes a box; the bold first line is its title."""

    default_priority = 200

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        for start in list(self.document.findall(nodes.raw)):
            match = OPEN.match(start.astext())
            if not match:
                continue
            parent = start.parent
            first = parent.index(start)
            inside = parent.children[first + 1 :]
            ends = [
                i for i, node in enumerate(inside) if isinstance(node, nodes.raw) and CLOSE in node.astext()
            ]
            bold = _bold(inside[0]) if inside else None
            if not ends or bold is None:
                log.warning("a box needs a bold first line and a closing tag by itself", location=start)
                continue
            title = nodes.title("", "", *bold.children)
            box = nodes.admonition("", title, *inside[1 : ends[0]], classes=[match[1]])
            parent.children[first : first + ends[0] + 2] = []
            parent.insert(first, box)


def _bold(node: nodes.Node) -> nodes.strong | None:
    """What is bold in a paragraph that is bold as a whole."""
    parts = [child for child in node.children if child.astext()]
    whole = isinstance(node, nodes.paragraph) and len(parts) == 1 and isinstance(parts[0], nodes.strong)
    return cast(nodes.strong, parts[0]) if whole else None


def coloured(tex: str) -> str:
    """A formula whose data, model and latent have the colours of these ideas; see `book/notation.md`."""

    def give(found: re.Match[str]) -> str:
        idea = IDEAS.get(found[0])
        return f"{{\\htmlClass{{gm-{idea}}}{{{found[0]}}}}}" if idea else found[0]

    return SYMBOL.sub(give, tex)


class Equations(SphinxTransform):
    """The number is the one in the source; `math_numfig` is off, so that Sphinx does not count for itself."""

    default_priority = 201

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        domain = cast(MathDomain, self.env.get_domain("math"))
        for block in self.document.findall(nodes.math_block):
            match = TAG.search(block.astext())
            if not match:
                continue
            label = f"eq-{match[1]}"
            domain.note_equation(self.env.docname, label, location=block)
            block.children = [nodes.Text(coloured(TAG.sub("", block.astext()).strip()))]
            block.attributes |= {"number": match[1], "label": label, "docname": self.env.docname}
            block["ids"].append(nodes.make_id(label))
            self.document.note_explicit_target(block)


def link(app: Sphinx, tree: nodes.document, docname: str) -> None:
    """Links to equations and to the bibliography, when all pages are known."""
    _link_equations(app, tree, docname)
    if docname != BIBLIOGRAPHY:
        _link_papers(app, tree, docname)


def _link_equations(app: Sphinx, tree: nodes.document, docname: str) -> None:
    equations = cast(MathDomain, app.env.get_domain("math")).equations
    for text in list(tree.findall(nodes.Text)):
        pieces = REFERENCE.split(text.astext())
        if len(pieces) == 1 or _is_inside(text, UNTOUCHED):
            continue
        new: list[nodes.Node] = []
        for i, piece in enumerate(pieces):
            label = f"eq-{piece}"
            if i % 2 and label in equations:
                page, anchor = equations[label][0], nodes.make_id(label)
                new.append(make_refnode(app.builder, docname, page, anchor, nodes.Text(f"({piece})")))
            else:
                new.append(nodes.Text(f"({piece})" if i % 2 else piece))
        text.parent.replace(text, new)


def _is_inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def _link_papers(app: Sphinx, tree: nodes.document, docname: str) -> None:
    entries = {one.key: one.citation_id for one in app.env.get_domain("cite").citations}
    for reference in tree.findall(nodes.reference):
        paper = by_address().get(reference.get("refuri", ""))
        if paper and paper.key in entries:
            page = app.builder.get_relative_uri(docname, BIBLIOGRAPHY)
            reference["refuri"] = f"{page}#{entries[paper.key]}"
            reference["internal"] = True


class Spaces(SphinxTransform):
    """A number keeps its unit, a Greek letter its value, and a word the dot behind it, on one line."""

    default_priority = 220

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, (nodes.literal, nodes.math, nodes.raw, nodes.FixedTextElement)):
                kept = TOGETHER.sub("\N{NO-BREAK SPACE}", text)
                if kept != text:
                    text.parent.replace(text, nodes.Text(kept))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register."""
    for transform in (Boxes, Equations, Spaces):
        app.add_transform(transform)
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
