"""Pages are light, do not jump, and are quick to go through by keyboard."""

from __future__ import annotations

import pytest

from tests.site.visit import WIDE

PAGES = ["book/intro", "book/setup", "genindex", "book/notation", "notebooks/04_vae", "notebooks/07_glow"]
SHIFT = """() => { window.shift = 0; new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) shift += each.value;
}).observe({type: 'layout-shift', buffered: true}); }"""


@pytest.fixture(scope="module")
def first_visit(browser, site):
    """A function: page → (sum of its shifts, requests, bytes, whether it has maths), and the open page."""
    known = {}

    def get(name):
        if name not in known:
            page = browser.new_context(viewport=WIDE).new_page()
            answers = []
            page.on("response", lambda response, answers=answers: answers.append(response))
            page.add_init_script(f"({SHIFT})()")
            page.goto(f"{site}/{name}.html", wait_until="networkidle")
            page.wait_for_timeout(500)
            size = sum(int(each.headers.get("content-length", 0)) for each in answers)
            maths = page.locator(".katex").count() > 0
            known[name] = (page.evaluate("shift"), [each.url for each in answers], size, maths, page)
        return known[name]

    yield get
    for *_, page in known.values():
        page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_jump(first_visit, name):
    assert first_visit(name)[0] <= 0.05


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(first_visit, name):
    _, urls, size, maths, _ = first_visit(name)
    assert any("katex" in each for each in urls) == maths
    most = 1_000_000 if maths else 600_000  # uncompressed
    assert size <= most
    if not maths:
        assert len(urls) <= 15


def test_one_hero_is_fetched(browser, site):
    for theme in ("light", "dark"):
        page = browser.new_context(viewport=WIDE, color_scheme=theme).new_page()
        urls = []
        page.on("request", lambda request, urls=urls: urls.append(request.url))
        page.goto(f"{site}/book/intro.html", wait_until="networkidle")
        page.mouse.wheel(0, 1200)
        page.wait_for_timeout(500)
        assert [each.rsplit("_", 1)[1] for each in urls if "families_" in each] == [f"{theme}.webp"]
        page.context.close()


@pytest.mark.parametrize("name", ["notebooks/04_vae", "book/notation"])
def test_formulas_and_copy_buttons_are_no_stops(first_visit, name):
    page = first_visit(name)[-1]
    assert page.locator("span.math .katex").count() > 30
    stops = """() => [...document.querySelectorAll('.math, .katex, button.copybtn')]
        .filter((each) => each.tabIndex >= 0 && each.scrollWidth <= each.clientWidth + 1).length"""
    assert page.evaluate(stops) == 0


def test_arrow_keys_turn_no_pages(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/notation.html")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.url.endswith("notation.html")
    page.close()


def test_a_page_that_is_not_there_leads_to_the_front(browser, site):
    page = browser.new_page()
    page.route(
        "**/notebooks/nowhere.html",
        lambda route: route.fulfill(
            status=404, body=page.request.get(f"{site}/404.html").text(), content_type="text/html"
        ),
    )
    page.goto(f"{site}/notebooks/nowhere.html")
    page.click("#home")
    page.wait_for_url("**/book/intro.html")
    page.close()


def test_the_front_page_tells_no_placeholder(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/intro.html")
    told = page.inner_text("body")
    assert "ADDRESS_OF" not in told
    assert "executablebooks" not in told
    first = page.locator(".gm-actions a").first
    assert first.bounding_box()["y"] < 720
    first.click()
    page.wait_for_url("**/01_discriminative_vs_generative.html")
    page.close()


def test_search_shows_the_text_of_a_page(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/search.html?q=Jacobian")
    page.wait_for_selector("ul.search li p.context")
    found = page.locator("ul.search li p.context").all_inner_texts()
    assert not any(each.strip().startswith("Contents") for each in found)
    page.close()
