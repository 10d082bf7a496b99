"""`make pdf`: print the built site with Chromium: the book with a title page and contents, and a PDF a page.

python -m tools pdf                     every page, and all of them as `_build/pdf/book.pdf`
python -m tools pdf notebooks/04_vae    this page
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

import gmcourse
from tools import printed
from tools.book import BUILD, HTML, INDEX
from tools.browser import open_browser, serve
from tools.environment import ROOT

PDF = BUILD / "pdf"
# the network may be quiet while a long page is still being read, and before anything has set its formulas
READY = """async () => {
    if (document.readyState !== "complete") await new Promise((read) => addEventListener("load", read));
    await window.gmFormulas;
    await Promise.all([...document.images].map((each) => each.decode().catch(() => 0)));
}"""
PAGE = re.compile(rb"(\d+) 0 obj\s*<<\s*/Type\s*/Page\b")
PLACE = re.compile(rb"/([\w-]+) \[(\d+) 0 R /XYZ ")
NUMBER = (
    '<div style="width: 100%; font: 8pt sans-serif; color: #4d5b69; text-align: center">'
    '<span class="pageNumber"></span></div>'
)


def target(number: int, name: str) -> Path:
    """`_build/pdf/07_notebooks_04_vae.pdf`: sorted by name, the files are in the book's order."""
    return PDF / f"{number:02d}_{name.replace('/', '_')}.pdf"


def count(path: Path) -> int:
    """How many pages a PDF of Chromium has."""
    return len(PAGE.findall(path.read_bytes()))


def begins(path: Path) -> dict[str, int]:
    """On which page each place lies that a link of the document leads to; Chromium's PDFs name them in plain text."""
    content = path.read_bytes()
    pages = {number: at for at, number in enumerate(PAGE.findall(content), 1)}
    return {name.decode(): pages[number] for name, number in PLACE.findall(content)}


@contextmanager
def put(text: str) -> Iterator[str]:
    """A file in the built site while it is printed; gives its name."""
    file = HTML / "to_print.html"
    file.write_text(text, encoding="utf-8")
    try:
        yield file.name
    finally:
        file.unlink(missing_ok=True)  # another page may have been printed meanwhile


def write(page: Page, address: str, title: str, body: str, path: Path) -> None:
    """Print one document into a file."""
    with put(printed.document(title, body)) as name:
        page.goto(f"{address}/{name}", wait_until="networkidle", timeout=300_000)
        page.evaluate(READY)
        page.pdf(
            path=str(path),
            format="A4",
            print_background=True,
            outline=True,
            tagged=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=NUMBER,
            margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
        )
    print(f"{path.relative_to(ROOT).as_posix()}: {count(path)} pages", flush=True)


def main(words: list[str]) -> int:
    """Print all pages, or those that are named."""
    if not INDEX.is_file():
        raise RuntimeError("there is no site yet: build it with `make book` (python3 -m tools book)")
    PDF.mkdir(parents=True, exist_ok=True)
    with serve() as address, open_browser() as browser:
        page = browser.new_page(color_scheme="light")
        page.set_default_timeout(300_000)
        shown = printed.chapters()
        for number, chapter in enumerate(shown, 1):
            if not words or chapter.name in words:
                body = printed.article(chapter.name, {chapter.name})
                write(page, address, chapter.title, body, target(number, chapter.name))
        if not words:
            book(page, address, shown)
    return 0


def book(page: Page, address: str, shown: list[printed.Chapter]) -> None:
    """Print all chapters as one document, twice: the contents of the second know the pages of the first."""
    path, title, edition = PDF / "book.pdf", printed.main_title(), f"Version {gmcourse.__version__}"
    known = {chapter.name for chapter in shown}
    body = "".join(printed.article(chapter.name, known) for chapter in shown)
    numbers: dict[str, int] = {}
    for _ in range(2):
        write(page, address, title, printed.front(shown, numbers, edition) + body, path)
        places = begins(path)
        numbers = {chapter.name: places[printed.anchor(chapter.name)] for chapter in shown}
