"""Several pages of the built site as one page to print: a title page, the contents, and a chapter a page.

What a reader of paper cannot use is left out: frames, buttons, sliders. Links between pages lead to places in the
same document, a live figure is its still picture, and what is folded is open.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from tools import solutions
from tools.book import HTML
from tools.environment import ROOT

DROPPED = "a.headerlink, button, .gm-actions, .gm-teachers, form.gm-question input, .only-dark, script"


@dataclass(frozen=True)
class Chapter:
    """A page of the site: its name, its title, and the part of the book in which it stands."""

    name: str
    title: str
    part: str


def chapters() -> list[Chapter]:
    """List the pages in the order of the book."""
    contents = yaml.safe_load(solutions.table_of_contents())

    def walk(part: str, entries: list[dict[str, object]]) -> list[Chapter]:
        found = []
        for entry in entries:
            name = str(entry["file"])
            found.append(Chapter(name, title(name), part))
            below = entry.get("sections", [])
            found += walk(part, below) if isinstance(below, list) else []
        return found

    first = str(contents["root"])
    rest = [each for part in contents["parts"] for each in walk(str(part["caption"]), part["chapters"])]
    return [Chapter(first, title(first), ""), *rest]


def _text(name: str) -> str:
    path = HTML / f"{name}.html"
    if not path.is_file():
        raise RuntimeError(f"the site has no {name}; was GMCOURSE_SOLUTIONS another for `make book`?")
    return path.read_text(encoding="utf-8")


def title(name: str) -> str:
    """What a page is called, with the number of a lesson."""
    found = re.search(r"<title>(.*?)(?: &#8212; .*)?</title>", _text(name), re.DOTALL)
    return unescape(found[1]).strip() if found else name


def anchor(name: str, place: str = "") -> str:
    """Make a place of a page one of the document."""
    return f"{name.replace('/', '-')}--{place}"


def article(name: str, known: set[str]) -> str:
    """What a page says, with its links and pictures seen from the root of the site."""
    found = BeautifulSoup(_text(name), "html.parser").select_one("article")
    assert found is not None, name
    for each in found.select(DROPPED):
        each.decompose()
    for details in found.select("details"):
        details["open"] = ""
    for summary in found.select("details.hide > summary"):
        if "solution" in summary.get_text():
            summary.string = "A solution"
        else:
            summary["hidden"] = ""  # of a folded cell
    for box in found.select(".gm-live"):
        del box["data-figure"]
    for each in found.select("[id]"):
        each["id"] = anchor(name, str(each["id"]))
    folder = posixpath.dirname(name)
    for picture in found.select("img[src]"):
        picture["src"] = posixpath.normpath(posixpath.join(folder, str(picture["src"])))
        picture["loading"] = "eager"
    for link in found.select("a[href]"):
        link["href"] = _address(link, name, known)
    return f'<article class="bd-article" id="{anchor(name)}">{found.decode_contents()}</article>'


def _address(link: Tag, name: str, known: set[str]) -> str:
    """Inside the document if the page is in it; else as it was, seen from the root."""
    parts = urlsplit(str(link["href"]))
    if parts.scheme or parts.netloc:
        return parts.geturl()
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path)) if parts.path else f"{name}.html"
    page = path.removesuffix(".html")
    return f"#{anchor(page, parts.fragment)}" if page in known else path


def front(shown: Sequence[Chapter], numbers: Mapping[str, int], edition: str) -> str:
    """The title page and the contents, with the number of the page on which each chapter begins."""
    rows, part = [], ""
    for chapter in shown:
        if chapter.part != part:
            rows.append(f"<h2>{escape(chapter.part)}</h2>")
            part = chapter.part
        number = numbers.get(chapter.name, "")
        rows.append(f'<p><a href="#{anchor(chapter.name)}">{escape(chapter.title)}</a><span>{number}</span></p>')
    return (
        f'<div class="gm-cover"><img src="_static/logo.svg" alt=""><h1>Deep generative models</h1>'
        f"<p>A course with a package, exercises and questions</p><p>The course authors</p><p>{escape(edition)}</p>"
        f"<p>Code: MIT. Text and figures: CC BY 4.0.</p></div>"
        f'<nav class="gm-contents"><h1>Contents</h1>{"".join(rows)}</nav>'
    )


def document(name: str, body: str) -> str:
    """Build the page to print, with the style sheet of the site's pages."""
    joined = re.search(r"all\.\w+\.css", _text("book/notation"))
    assert joined is not None
    sheets = "".join(
        f'<link rel="stylesheet" href="_static/{each}">'
        for each in (joined[0], "vendor/katex/katex.min.css", "print.css")
    )
    scripts = "".join(
        f'<script defer src="_static/{each}"></script>' for each in ("vendor/katex/katex.min.js", "formulas.js")
    )
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{escape(name)}</title>{sheets}{scripts}</head>"
        f'<body><main id="main-content">{body}</main></body></html>'
    )


def main_title() -> str:
    """What the book is called."""
    described = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return str(described["title"])
