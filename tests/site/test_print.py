"""Pages on paper: code breaks where a page ends, and what folds it on the screen is not there."""

from __future__ import annotations

import pytest

from tools import pdf, printed

LESSON, EXERCISES = "notebooks/02_gan", "notebooks/solutions/04_vae_solutions"
KEPT = """[...document.querySelectorAll('.cell_input pre, .cell_output pre')].filter((each) => {
    for (let e = each; e.tagName !== 'ARTICLE'; e = e.parentElement) {
        const style = getComputedStyle(e);
        if (style.breakInside !== 'auto' || style.overflowY !== 'visible') return true;
    }
    return false;
}).length"""


@pytest.fixture(scope="module", params=[LESSON, EXERCISES])
def paper(request, browser, site):
    """One page of the site as it is printed."""
    page = browser.new_page(color_scheme="light")
    page.emulate_media(media="print")
    with pdf.put(printed.document("Printed", printed.article(request.param, {request.param}))) as name:
        page.goto(f"{site}/{name}", wait_until="networkidle")
        yield page
    page.close()


def test_code_may_break(paper):
    assert paper.locator(".cell_input pre").count() > 5
    assert paper.evaluate(KEPT) == 0


def test_nothing_on_paper_asks_for_a_click(paper):
    shown = [each.inner_text() for each in paper.locator("summary").all() if each.is_visible()]
    assert not any(word in text for text in shown for word in ("Hide", "Show"))


def test_a_box_is_whole_and_a_high_picture_has_letters_that_can_be_read(paper):
    boxes = "[...document.querySelectorAll('div.admonition:not(:has(table, pre))')]"
    assert set(paper.evaluate(f"{boxes}.map((e) => getComputedStyle(e).breakInside)")) <= {"avoid"}  # no box: none
    scale = """[...document.querySelectorAll('.gm-picture img')].map((e) => e.width / e.getAttribute('width'))"""
    scales = paper.evaluate(scale)
    assert scales
    assert min(scales) > 0.4  # 11 points at 110 dots an inch are 5 points then


def test_printing_waits_for_the_end_of_a_page(browser, site):
    page = browser.new_page()
    held = []
    page.route("**/*.js", lambda route: held.append(route))  # a slow machine
    with pdf.put(printed.document("Printed", printed.article(LESSON, {LESSON}))) as name:
        page.goto(f"{site}/{name}", wait_until="commit")
        page.evaluate(f"() => {{ window.read = ({pdf.READY})().then(() => document.readyState); }}")
        page.wait_for_timeout(500)
        for route in held:
            route.continue_()
        page.unroute("**/*.js")
        assert page.evaluate("read") == "complete"
        assert page.locator(".math:not(:has(.katex))").count() == 0
    page.close()


def test_a_table_that_the_browser_prints_breaks_between_rows(browser, site):
    page = browser.new_page(color_scheme="light")
    page.goto(f"{site}/book/how_close.html")
    page.emulate_media(media="print")
    kept = page.evaluate(
        """[...document.querySelectorAll('article table, .pst-scrollable-table-container')].filter((each) =>
            getComputedStyle(each).breakInside !== 'auto' || getComputedStyle(each).overflowY !== 'visible').length"""
    )
    assert kept == 0
    page.close()
