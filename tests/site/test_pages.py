"""Every page of the built site, in a browser: silent, offline, accessible, narrow, light."""

from __future__ import annotations

import re
import string

import pytest

from tools.book import HTML

# Source listings all come out of one template: three stand for all.
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if not {"_static", "_modules", "_sources", "slides"} & set(path.relative_to(HTML).parts)
    and path.name != "index.html"
)
LISTINGS = sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("_modules/**/*.html"))
PAGES += ["book/api/index.html"] if (HTML / "book/api/index.html").is_file() else []
PAGES += [LISTINGS[i] for i in (0, len(LISTINGS) // 2, -1)] if LISTINGS else []
LIMIT = 3_000_000  # bytes, before any interaction


@pytest.fixture(scope="module")
def visited(browser, site):
    """Visits each page once, when a test first asks for it."""
    from tests.site.visit import visit

    known = {}

    def get(name):
        if name not in known:
            known[name] = visit(browser, site, name)
        return known[name]

    return get


@pytest.mark.skipif(bool(PAGES), reason="the site is built")
def test_there_is_a_site(site):
    """Skips or fails, with the reason, where nothing was built."""


@pytest.mark.parametrize("name", PAGES)
class TestPage:
    def test_loads_in_silence(self, visited, name):
        assert visited(name).errors == []

    def test_asks_no_other_host(self, visited, name):
        assert visited(name).foreign == []

    def test_renders_every_formula(self, visited, name):
        seen = visited(name).seen
        assert seen["failed"] == 0
        assert seen["rendered"] == seen["formulas"]
        assert set(seen["rare"]) <= set(string.ascii_uppercase), "tools.fonts left out one of these letters"

    def test_every_picture_is_there_and_described(self, visited, name):
        seen = visited(name).seen
        assert seen["broken"] == []
        for source, alt in seen["images"]:
            assert alt, f"{source} has no alt text"
            assert "_images/" not in alt, f"the alt text of {source} is its path"
            assert not re.search(r"\.(png|svg|jpe?g)$", alt), f"the alt text of {source} is a file name: {alt}"
            assert len(alt.split()) >= 4, f"the alt text of {source} says too little: {alt}"

    def test_holds_no_widget(self, visited, name):
        assert visited(name).seen["widgets"] == 0, "a widget cannot live without a kernel: use viz.widgets.explore"

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_accessible(self, visited, name, theme):
        assert visited(name).axe[theme] == []

    def test_is_as_narrow_as_a_phone(self, visited, name):
        assert visited(name).sideways <= 0

    def test_weighs_little(self, visited, name):
        assert visited(name).bytes <= LIMIT


def test_front_page_shows_itself_within_a_second(browser, site, visited):
    visited("book/intro.html")  # the browser is warm, the cache of a new context is not
    from tests.site.visit import visit

    assert visit(browser, site, "book/intro.html").first_paint < 1000


def test_theme_switch_and_search_work_by_keyboard(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/book/notation.html")
    before = page.evaluate("document.documentElement.dataset.mode")
    page.focus(".bd-header-article .theme-switch-button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.mode") != before
    page.keyboard.press("Control+k")
    page.keyboard.type("Jacobian")
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.search li a")
    page.close()


def test_still_pictures_without_javascript(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/notebooks/04_vae.html")
    pictures = page.query_selector_all(".gm-live img")
    assert len(pictures) >= 3
    assert all(picture.get_attribute("alt") for picture in pictures)
    context.close()
