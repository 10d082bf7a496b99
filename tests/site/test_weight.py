"""Pages are light, do not jump, and are quick to go through by keyboard."""

from __future__ import annotations

import pytest

from tests.site.visit import NARROW, WIDE
from tools import card_pictures

PAGES = ["book/intro", "book/setup", "genindex", "book/notation"]
PAGES += ["notebooks/04_vae", "notebooks/07_glow", "notebooks/09_stylegan2"]
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
    assert size <= (1_000_000 if maths else 600_000)  # uncompressed
    if not maths:
        assert len(urls) <= 15


HEIGHTS = """[...document.querySelectorAll('.bd-article img:not(.gm-live img)')]
    .map((each) => Math.round(each.getBoundingClientRect().height))"""
EARLY = """() => [...document.querySelectorAll('.gm-live')]
    .map((each) => [each.getBoundingClientRect().top, each.dataset.ready ?? '']).filter(([top]) => top > 2000)"""


@pytest.mark.parametrize("name", ["notebooks/04_vae", "notebooks/08_srflow", "book/setup"])
@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_picture_has_its_place_before_it_is_fetched(browser, site, name, screen):
    page = browser.new_context(viewport=screen).new_page()
    held, released = [], []
    page.route("**/_images/*", lambda route: route.continue_() if released else held.append(route))
    page.goto(f"{site}/{name}.html", wait_until="domcontentloaded")
    page.evaluate("async () => { await window.gmFormulas; await document.fonts.ready; }")
    page.wait_for_timeout(1500)
    before, early = page.evaluate(HEIGHTS), page.evaluate(EARLY)
    assert held
    assert [ready for _, ready in early if ready] == []  # no figure far below has come to life
    released.append(True)
    for route in held:
        route.continue_()
    page.evaluate("document.querySelectorAll('img').forEach((each) => { each.loading = 'eager'; })")
    page.wait_for_function("[...document.images].every((each) => each.complete)")
    assert page.evaluate(HEIGHTS) == before
    page.context.close()


def test_what_the_search_finds_does_not_push_the_page(browser, site):
    page = browser.new_context(viewport=WIDE).new_page()
    page.add_init_script(f"({SHIFT})()")
    page.goto(f"{site}/search.html?q=Jacobian", wait_until="networkidle")
    page.wait_for_selector("ul.search li p.context")
    page.wait_for_timeout(500)
    assert page.evaluate("shift") <= 0.05
    page.context.close()


def test_menus_open_by_mouse_and_keyboard(browser, site):
    page = browser.new_page(viewport=WIDE)
    page.goto(f"{site}/notebooks/04_vae.html")
    button = page.locator(".dropdown-download-buttons > button")
    menu = page.locator(".dropdown-download-buttons .dropdown-menu")
    button.click()
    page.mouse.move(700, 500)  # the theme opens the menu below a mouse too
    assert menu.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.dropdown-item')")
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    button.press("ArrowDown")
    assert menu.is_visible()
    page.mouse.click(700, 500)
    assert not menu.is_visible()
    page.close()


CARDS = """() => [...document.querySelectorAll('.gm-cards .sd-card')].map((each) => {
    const style = getComputedStyle(each, '::before');
    const large = parseFloat(style.height) > parseFloat(style.width) / 5;
    return [style.backgroundPositionY, style.backgroundImage.includes('cards_'), large];
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_each_card_has_a_picture_of_its_own(browser, site, width):
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(f"{site}/book/intro.html")
    seen = page.evaluate(CARDS)
    assert len({place for place, *_ in seen}) == len(seen) == len(card_pictures.CARDS)
    assert all(there and large for _, there, large in seen)
    page.close()


LESSONS = ["notebooks/02_gan", "notebooks/04_vae", "notebooks/07_glow"]
SMALL = """() => [...document.querySelectorAll('.gm-picture img')]
    .map((each) => [each.width / parseFloat(each.parentElement.style.getPropertyValue('--width')), each.alt])
    .filter(([share]) => 11 / 72 * 110 * share < 10.9)"""


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("width", [390, 1280, 1600])
def test_letters_of_drawn_figures_have_eleven_pixels(browser, site, name, width):
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(f"{site}/{name}.html")
    assert page.locator(".gm-picture img").count() > 3
    assert page.evaluate(SMALL) == []  # letters of 11 points, at 110 points of the screen an inch
    page.close()


@pytest.mark.parametrize("name", [*LESSONS, "notebooks/05_change_of_variables"])
def test_a_broad_figure_is_seen_as_a_whole_on_a_wide_screen(browser, site, name):
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto(f"{site}/{name}.html")
    assert page.locator(".gm-broad").count() > 0
    cut = "[...document.querySelectorAll('.gm-picture')].filter((e) => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(cut) == 0
    contents = page.locator(".bd-sidebar-secondary").bounding_box()["x"]
    assert all(
        box["x"] + box["width"] <= contents
        for each in page.locator(".gm-broad").all()
        if (box := each.bounding_box())
    )
    page.close()


CUT = """[...document.querySelectorAll('.gm-picture')].filter((each) => each.scrollWidth > each.clientWidth + 1)
    .map((each) => each.closest('figure')?.id)"""


@pytest.mark.parametrize("name", ["01_discriminative_vs_generative", *(each[10:] for each in LESSONS)])
def test_a_drawn_figure_does_not_scroll_on_a_desk(browser, site, name):
    page = browser.new_page(viewport=WIDE)
    page.goto(f"{site}/notebooks/{name}.html")
    assert page.locator(".gm-picture").count() > 3
    assert page.evaluate(CUT) == []
    page.close()


NOTES = """(kind) => { const contents = document.querySelector('.bd-sidebar-secondary').getBoundingClientRect();
    const text = document.querySelector('.bd-article > section > p').getBoundingClientRect();
    return [...document.querySelectorAll(kind)]
        .map((each) => each.getBoundingClientRect()).filter((each) => each.width)
        .map((each) => [each.left >= text.right, each.right <= contents.left]); }"""


@pytest.mark.parametrize("name", LESSONS)
def test_notes_stand_between_the_text_and_the_contents(browser, site, name):
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto(f"{site}/{name}.html")
    for kind in (".admonition.expect", "figcaption"):
        seen = page.evaluate(NOTES, kind)
        assert sum(beside for beside, _ in seen) >= 3, kind
        assert all(clear for beside, clear in seen if beside), kind
    page.close()


TWIN = """[...document.querySelectorAll('.cell')]
    .filter((each) => /^explore\\(/m.test(each.querySelector('.cell_input')?.innerText))"""


def test_a_widget_has_no_dead_picture_beside_its_live_twin(browser, site):
    page = browser.new_page(viewport=WIDE)
    for name, most in {
        "01_discriminative_vs_generative": 0,
        "06_nice": 0,
        "08_srflow": 0,
        "09_stylegan2": 1,
    }.items():
        page.goto(f"{site}/notebooks/{name}.html")
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        assert page.evaluate(f"{TWIN}.length") == 1, name
        assert page.evaluate(f"{TWIN}[0].querySelectorAll('.cell_output img').length") == most, name
    page.close()


def test_one_hero_is_fetched(browser, site):
    for theme in ("light", "dark"):
        page = browser.new_context(viewport=WIDE, color_scheme=theme).new_page()
        urls = []
        page.on("request", lambda request, urls=urls: urls.append(request.url))
        page.goto(f"{site}/book/intro.html", wait_until="networkidle")
        page.locator("img.gm-hero").locator("visible=true").scroll_into_view_if_needed()
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


@pytest.mark.parametrize("folder", ["notebooks", "slides", "book/api"])
def test_a_page_that_is_not_there_leads_to_the_front(browser, site, folder):
    page = browser.new_page()
    page.route(
        f"**/{folder}/nowhere.html",
        lambda route: route.fulfill(
            status=404, body=page.request.get(f"{site}/404.html").text(), content_type="text/html"
        ),
    )
    page.goto(f"{site}/{folder}/nowhere.html")
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


def test_the_front_page_keeps_no_room_for_notes_that_it_has_not(browser, site):
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{site}/book/intro.html")
    place = """(selector) => {
        const { left, right } = document.querySelector(selector).getBoundingClientRect();
        return [left, right];
    }"""
    figure, column, text = (
        page.evaluate(place, each) for each in (".gm-live", ".bd-article-container", "section > p")
    )
    assert column[1] - figure[1] < 40  # of the column's own padding
    assert text[1] - text[0] <= 44 * 17  # and a line of text is no longer for it
    page.close()
