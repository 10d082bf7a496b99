"""Writes the page of all diagrams for teachers, and one sheet with all of them. `make book` calls it."""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbformat

from tools.environment import ROOT
from tools.lessons import pages

FOLDER = ROOT / "book" / "_static" / "diagrams"
PAGE = ROOT / "book" / "instructor" / "diagrams.md"
SVG = "{http://www.w3.org/2000/svg}"
USED = re.compile(r"!\[([^\]]*)\]\([./\w]*_static/diagrams/(\w+)\.svg\)")
LICENCE = "Deep generative models, the course authors. CC BY 4.0: use and change it, and name the source."
COLUMNS, CELL, TALL, GAP = 3, 640, 560, 40  # of the sheet
BEFORE = f"""# All diagrams

Every diagram of the lessons, for slides, handouts and boards. A diagram is an SVG file with live text: open it in
Inkscape or in an editor, and change words and colours there. It follows a light or a dark page by itself.

<p><a href="../../diagrams.svg">All of them on one sheet, as one SVG file</a>, to print or to hang up.</p>

{LICENCE}
"""


def uses() -> dict[str, tuple[str, str]]:
    """Find each diagram with the page where it first stands and what it shows, in the order of the book."""
    found: dict[str, tuple[str, str]] = {}
    for name in pages():
        for suffix in (".ipynb", ".md"):
            path = ROOT / f"{name}{suffix}"
            if path.is_file() and path != PAGE:
                for shows, diagram in USED.findall(_text(path)):
                    found.setdefault(diagram, (f"{name}{suffix}", shows))
    return found


def _text(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def title(name: str) -> str:
    """What a diagram is called, as it says itself."""
    found = ElementTree.parse(FOLDER / f"{name}.svg").getroot().findtext(f"{SVG}title")
    return found or name


def page() -> str:
    """Return the text of the page."""
    parts = [BEFORE]
    for name, (where, shows) in uses().items():
        file = f'<a href="../../_static/diagrams/{name}.svg" download>{name}.svg</a>'
        parts.append(f"## {title(name)}\n\n![{shows}](../_static/diagrams/{name}.svg)\n")
        parts.append(f"<p>{file}, CC BY 4.0</p>\n\nFrom [this page](../../{where}).\n")
    return "\n".join(parts)


def sheet() -> str:
    """Return one SVG with all diagrams side by side, each under its title, and the licence below."""
    names = list(uses())
    rows = -(-len(names) // COLUMNS)
    width, height = COLUMNS * (CELL + GAP) + GAP, rows * (TALL + GAP) + 3 * GAP
    parts = []
    for i, name in enumerate(names):
        x, y = GAP + i % COLUMNS * (CELL + GAP), GAP + i // COLUMNS * (TALL + GAP)
        inside = base64.b64encode((FOLDER / f"{name}.svg").read_bytes()).decode()
        parts.append(
            f'<text x="{x}" y="{y + 24}" font-weight="700">{escape(title(name))}</text>'
            f'<image x="{x}" y="{y + 40}" width="{CELL}" height="{TALL - 60}" preserveAspectRatio="xMidYMin" '
            f'href="data:image/svg+xml;base64,{inside}"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'style="color-scheme: light" font-family="Source Sans 3, Segoe UI, Arial, sans-serif" font-size="24" '
        f'fill="#1b2733"><title>All diagrams of the course</title><desc>{escape(LICENCE)}</desc>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}'
        f'<text x="{GAP}" y="{height - GAP}">{escape(LICENCE)}</text></svg>\n'
    )


def write(path: Path = PAGE) -> None:
    """Write the page if it has changed, so that Sphinx sees what is new."""
    text = page()
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_sheet(html: Path) -> None:
    """Write the sheet into a built site."""
    (html / "diagrams.svg").write_text(sheet(), encoding="utf-8")
