"""`make slides`: the decks of the built site anew, and each as a PDF in `_build/slides`, printed with Chromium."""

from __future__ import annotations

from tools import deck
from tools.book import BUILD, HTML, INDEX
from tools.browser import open_browser, serve
from tools.environment import ROOT

PDF = BUILD / "slides"


def main(words: list[str]) -> int:
    """Make all decks, or print those that are named only."""
    if not INDEX.is_file():
        raise RuntimeError("there is no site yet: build it with `make book` (python3 -m tools book)")
    if unknown := sorted(set(words) - set(deck.decks())):
        raise RuntimeError(f"no deck is called {', '.join(unknown)}; there are {', '.join(deck.decks())}")
    deck.write(HTML)
    PDF.mkdir(parents=True, exist_ok=True)
    with serve() as address, open_browser() as browser:
        page = browser.new_page()
        for slug in words or deck.decks():
            page.goto(f"{address}/slides/{slug}.html?print-pdf", wait_until="networkidle")
            page.wait_for_selector("html[data-ready]")
            page.pdf(path=str(PDF / f"{slug}.pdf"), prefer_css_page_size=True, print_background=True, tagged=True)
            print((PDF / f"{slug}.pdf").relative_to(ROOT).as_posix(), flush=True)
    return 0
