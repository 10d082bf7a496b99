"""Where a line begins and where it may end: nothing is cut at the left, and no name is torn."""

from __future__ import annotations

import pytest

from tests.site.visit import NARROW

WIDE = {"width": 1280, "height": 900}
# how much of a formula no scrolling of its box leads to, at the left and at the right
UNREACHED = """[...document.querySelectorAll('div.math')].map((each) => {
    const box = each.getBoundingClientRect(), formula = each.querySelector('.katex-html').getBoundingClientRect();
    return Math.max(box.left - formula.left, formula.right - box.left - each.scrollWidth);
})"""
LINES = """(kind) => [...document.querySelectorAll(kind)].flatMap((each) => [...each.childNodes])
    .filter((each) => each.nodeType === Node.TEXT_NODE && /^[\\w.]+$/.test(each.data)).map((each) => {
        const range = document.createRange();
        range.selectNode(each);
        return range.getClientRects().length;
    })"""


@pytest.fixture
def seen(browser, site):
    """A function: page, size, script → what the script returns there."""
    pages = []

    def get(name, size, script, *given):
        pages.append(browser.new_page(viewport=size))
        pages[-1].goto(f"{site}/{name}.html")
        pages[-1].evaluate("async () => { await window.gmFormulas; await document.fonts.ready; }")
        return pages[-1].evaluate(script, *given)

    yield get
    for page in pages:
        page.close()


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_all_of_a_wide_formula_can_be_scrolled_to(seen, size):
    assert max(seen("notebooks/solutions/04_vae_solutions", size, UNREACHED)) <= 1


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("book/api/exercises", NARROW, "dt.sig .pre, .bd-article :is(h2, h3)"),
        ("book/api/zoo", WIDE, ".page-toc a, .page-toc .pre"),
        ("book/how_close", WIDE, "td:first-child :is(code, .pre)"),
        ("book/own_pictures", WIDE, "td:first-child :is(code, .pre)"),
    ],
)
def test_a_name_is_not_torn(seen, name, size, kind):
    lines = seen(name, size, LINES, kind)
    assert lines
    assert max(lines) == 1
