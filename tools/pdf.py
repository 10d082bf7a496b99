"""`make pdf`: print every page of the built site with Chromium, a PDF a page, in the order of the book."""

from __future__ import annotations

from pathlib import Path

from tools.book import BUILD, HTML, INDEX
from tools.browser import open_browser, serve
from tools.environment import ROOT
from tools.lessons import pages

PDF = BUILD / "pdf"
MATHS = "async () => { await window.gmFormulas }"
OPEN_ALL = "() => document.querySelectorAll('.bd-article details').forEach(each => each.open = true)"


def target(number: int, name: str) -> Path:
    """`_build/pdf/07_notebooks_04_vae.pdf`: sorted by name, the files are in the book's order."""
    return PDF / f"{number:02d}_{name.replace('/', '_')}.pdf"


def main(words: list[str]) -> int:
    """Print all pages, or those that are named."""
    if not INDEX.is_file():
        raise RuntimeError("there is no site yet: build it with `make book` (python3 -m tools book)")
    PDF.mkdir(parents=True, exist_ok=True)
    with serve() as address, open_browser() as browser:
        page = browser.new_page(color_scheme="light")
        for number, name in enumerate(pages(), 1):
            if words and name not in words:
                continue
            if not (HTML / f"{name}.html").is_file():
                raise RuntimeError(f"the site has no {name}; was GMCOURSE_SOLUTIONS another for `make book`?")
            page.goto(f"{address}/{name}.html", wait_until="networkidle")
            page.evaluate(MATHS)
            page.evaluate(OPEN_ALL)
            page.emulate_media(media="print", color_scheme="light")
            page.pdf(
                path=str(target(number, name)),
                format="A4",
                print_background=True,
                tagged=True,
                margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
            )
            print(target(number, name).relative_to(ROOT).as_posix(), flush=True)
    return 0
