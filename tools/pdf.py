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
READY = """async () => {
    await window.gmFormulas;
    await Promise.all([...document.images].map((each) => each.decode().catch(() => 0)));
}"""
NUMBER = (
    '<div style="width: 100%; font: 8pt sans-serif; color: #4d5b69; text-align: center">'
    '<span class="pageNumber"></span></div>'
)


def target(number: int, name: str) -> Path:
    """`_build/pdf/07_notebooks_04_vae.pdf`: sorted by name, the files are in the book's order."""
    return PDF / f"{number:02d}_{name.replace('/', '_')}.pdf"


def count(path: Path) -> int:
    """How many pages a PDF of Chromium has: each is an object of its own, which is not compressed."""
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


@contextmanager
def put(text: str) -> Iterator[str]:
    """A file in the built site while it is printed; gives its name."""
    file = HTML / "to_print.html"
    file.write_text(text, encoding="utf-8")
    try:
        yield file.name
    finally:
        file.unlink()


def write(page: Page, address: str, title: str, body: str, path: Path) -> int:
    """Print one document; gives the number of its pages."""
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
    return count(path)


def main(words: list[str]) -> int:
    """Print all pages, or those that are named."""
    if not INDEX.is_file():
        raise RuntimeError("there is no site yet: build it with `make book` (python3 -m tools book)")
    PDF.mkdir(parents=True, exist_ok=True)
    with serve() as address, open_browser() as browser:
        page = browser.new_page(color_scheme="light")
        page.set_default_timeout(300_000)
        lengths = {}
        shown = printed.chapters()
        for number, chapter in enumerate(shown, 1):
            if not words or chapter.name in words:
                body = printed.article(chapter.name, {chapter.name})
                path = target(number, chapter.name)
                lengths[chapter.name] = write(page, address, chapter.title, body, path)
        if not words:
            book(page, address, shown, lengths)
    return 0


def book(page: Page, address: str, shown: list[printed.Chapter], lengths: dict[str, int]) -> None:
    """Print all chapters as one document; the contents know the lengths of those that were printed alone."""
    title, edition = printed.main_title(), f"Version {gmcourse.__version__}"
    ahead = write(page, address, title, printed.front(shown, lengths, edition), PDF / "00_contents.pdf")
    begins, at = {}, ahead + 1
    for chapter in shown:
        begins[chapter.name] = at
        at += lengths[chapter.name]
    known = set(begins)
    body = "".join(printed.article(chapter.name, known) for chapter in shown)
    written = write(page, address, title, printed.front(shown, begins, edition) + body, PDF / "book.pdf")
    if written != at - 1:
        raise RuntimeError(f"the book has {written} pages, and its chapters together {at - 1}")
