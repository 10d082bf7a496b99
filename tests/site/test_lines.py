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
# what can be scrolled sideways, and whether a shadow shows it
SHADOWS = """[...document.querySelectorAll('.bd-article :is(pre, div.math, .pst-scrollable-table-container)')]
    .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
    .map((each) => [getComputedStyle(each).backgroundImage.includes('gradient'), each.innerText.slice(0, 60)])"""
# how far the parts of a short formula stand below each other
DIVIDED = r"""[...document.querySelectorAll('.bd-article span.math')]
    .filter((each) => each.querySelector('.katex-html').textContent.replace(/[\u200b\s]/g, '').length <= 12)
    .map((each) => [...each.querySelectorAll('.katex-html > .base')])
    .map((parts) => parts.map((part) => part.getBoundingClientRect().bottom))
    .filter((parts) => parts.length > 1).map((parts) => Math.max(...parts) - Math.min(...parts))"""
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
        ("book/notation", WIDE, "td :is(code, .pre)"),
        ("book/how_close", WIDE, "td:first-child :is(code, .pre)"),
        ("book/own_pictures", WIDE, "td:first-child :is(code, .pre)"),
    ],
)
def test_a_name_is_not_torn(seen, name, size, kind):
    lines = seen(name, size, LINES, kind)
    assert lines
    assert max(lines) == 1


@pytest.mark.parametrize("name", ["notebooks/10_recap", "notebooks/12_diffusion"])
def test_lines_that_go_on_have_a_shadow(seen, name):
    found = seen(name, NARROW, SHADOWS)
    assert found
    assert [words for shadow, words in found if not shadow] == []


def test_a_long_line_has_a_shadow_on_a_wide_screen(seen):
    """Lessons print none there, so one is made."""
    made = f"""async () => {{
        document.querySelector('.bd-article .output pre').textContent = 'a long line '.repeat(30);
        window.dispatchEvent(new Event('resize'));  // the theme looks again which ones are too wide, after a while
        await new Promise((after) => setTimeout(after, 1000));
        return {SHADOWS};
    }}"""
    found = seen("notebooks/10_recap", WIDE, made)
    assert [shadow for shadow, words in found if words.startswith("a long line")] == [True]


@pytest.mark.parametrize("name", ["notebooks/04_vae", "notebooks/13_flow_matching"])
def test_a_short_formula_is_not_divided(seen, name):
    apart = seen(name, NARROW, DIVIDED)
    assert len(apart) > 10
    assert max(apart) < 16
