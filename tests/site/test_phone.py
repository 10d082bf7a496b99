"""On a phone nothing is cut without a sign of it."""

from __future__ import annotations

import pytest

from tests.site.visit import NARROW


@pytest.fixture(scope="module")
def phone(browser, site):
    """A function: page → the page on a phone, its formulas set and its answers open."""
    known = {}

    def get(name):
        if name not in known:
            page = known[name] = browser.new_page(viewport=NARROW)
            page.goto(f"{site}/{name}.html")
            page.evaluate("async () => { await window.gmFormulas; await document.fonts.ready; }")
            page.evaluate("document.querySelectorAll('.predict details').forEach((each) => each.open = true)")
        return known[name]

    yield get
    for page in known.values():
        page.close()


CUT = "(kind) => [...document.querySelectorAll(kind)].filter((e) => e.scrollHeight > e.clientHeight + 2).length"


def test_the_ways_to_the_page_before_and_after_are_shown_whole(phone):
    page = phone("notebooks/02_gan")
    assert page.locator(".prev-next-area a").count() == 2
    assert page.evaluate(CUT, ".prev-next-area a") == 0


def test_a_picture_says_until_its_end_that_it_goes_on(phone):
    page = phone("notebooks/02_gan")
    picture = page.locator(".gm-broad").first
    picture.scroll_into_view_if_needed()
    page.wait_for_selector(".gm-broad[data-more]")
    shadow = "(each) => getComputedStyle(each, '::after').backgroundImage"
    assert "gradient" in picture.evaluate(shadow)
    picture.evaluate("(each) => each.scrollTo(each.scrollWidth, 0)")
    page.wait_for_function("(each) => !each.hasAttribute('data-more')", arg=picture.element_handle())
    assert "gradient" not in picture.evaluate(shadow)


def test_an_answer_keeps_clear_of_its_frame(phone):
    page = phone("notebooks/05_change_of_variables")
    room = """[...document.querySelectorAll('.predict details > p')].map((each) =>
        each.getBoundingClientRect().left - each.parentElement.getBoundingClientRect().left)"""
    seen = page.evaluate(room)
    assert seen
    assert min(seen) >= 8


def test_cards_of_a_table_tell_its_headings_without_their_source(phone):
    said = phone("notebooks/05_change_of_variables").evaluate(
        "[...document.querySelectorAll('td[data-heading]')].map((each) => each.dataset.heading)"
    )
    assert "map x↦z" in said
    assert not any("\\" in each for each in said)


@pytest.mark.parametrize("name", ["notebooks/04_vae", "notebooks/06_nice"])
def test_formulas_in_a_line_break_and_end_with_the_text(phone, name):
    wide = """[...document.querySelectorAll('.bd-article :is(p, li) > .math, .gm-whole')].filter((each) =>
        each.getBoundingClientRect().right > innerWidth).map((each) => each.innerText)"""
    page = phone(name)
    assert page.evaluate(wide) == []
    display = "(each) => getComputedStyle(each).display"
    assert page.locator(".bd-article p > span.math").first.evaluate(display) == "inline"


def test_an_empty_cell_makes_no_line_of_its_card(phone):
    empty = phone("book/how_close").locator(".gm-wide td[data-empty]")
    assert empty.count() > 0
    assert not any(each.is_visible() for each in empty.all())


@pytest.mark.parametrize("name", ["notebooks/03_autoencoder", "notebooks/12_diffusion"])
def test_letters_of_a_diagram_have_eleven_pixels(phone, name):
    widths = phone(name).evaluate(
        "[...document.querySelectorAll('article img[src$=\".svg\"]')].map((each) => each.width)"
    )
    assert widths
    assert min(widths) * 20 / 640 >= 11
    assert phone(name).evaluate("document.documentElement.scrollWidth <= innerWidth")
