"""Live figures for eyes and ears: they say what they show, can be read, and fit a screen with their controls."""

from __future__ import annotations

import re

import pytest

from tests.site.test_live import FIGURES

SCREENS = {"projector": (853, 480), "phone": (390, 844), "desk": (1280, 900)}
HEADER = 56  # pixels that stay above the page; on a low screen they go with it
# what each letter was drawn with: its colour, and its size on the screen
LISTEN = r"""() => {
    window.letters = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (words, x, y) {
        const size = parseFloat(/[\d.]+(?=px)/.exec(this.font));
        letters.push([this.fillStyle, size * this.canvas.clientWidth / (this.canvas.width / 2),
                      words, getComputedStyle(this.canvas).backgroundColor]);
        draw.call(this, words, x, y);
    };
}"""
HEIGHT = """box => {
    const of = [...box.querySelectorAll('.gm-row, .gm-side')].map((part) => part.getBoundingClientRect());
    return Math.max(...of.map((each) => each.bottom)) - Math.min(...of.map((each) => each.top));
}"""


def opened(browser, site, figure, lesson, width=1280, height=900, theme="light"):
    """Open a page with one figure alive, its letters noted."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.add_init_script(f"({LISTEN})()")
    page.goto(f"{site}/{lesson}.html")
    box = page.locator(f".gm-live[data-figure={figure}]")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
    return page, box


def luminance(colour):
    """Relative luminance of #rrggbb or rgb(r, g, b), as WCAG defines it."""
    hexadecimal = colour.startswith("#")
    parts = (
        [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        if hexadecimal
        else map(float, re.findall(r"[\d.]+", colour)[:3])
    )
    linear = [v / 3294.6 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """How well two colours are told apart, from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("figure", "lesson", "control", "answer"), FIGURES)
def test_a_figure_says_in_one_region_what_became_of_it(browser, site, figure, lesson, control, answer):
    page, box = opened(browser, site, figure, lesson)
    region = box.locator("[role=status]")
    assert region.count() == 1
    assert box.locator("[aria-live=polite], [aria-live=assertive]").count() == 0
    assert region.inner_text() == ""  # nothing is said before it is touched
    label = "box => [...box.querySelectorAll('.gm-pane canvas')].map((each) => each.getAttribute('aria-label'))"
    before = box.evaluate(label)
    box.locator(control).first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("box => box.querySelector('[role=status]').textContent", arg=box.element_handle())
    said = region.inner_text()
    assert len(said.split()) >= 4
    assert any(letter.isdigit() for letter in said)
    if figure != "gan_stepper":  # its sliders change the rules of the game, and not yet the picture
        assert box.evaluate(label) != before, "the canvases are named as they were"
    tree = box.aria_snapshot()
    assert "status" in tree
    assert all(name for name in before)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("figure", "lesson"), [each[:2] for each in FIGURES])
def test_letters_in_a_figure_can_be_read(browser, site, figure, lesson, theme):
    page, box = opened(browser, site, figure, lesson, 390, 844, theme)
    page.evaluate("letters.length = 0")
    page.evaluate("document.documentElement.dataset.theme = document.documentElement.dataset.theme")  # drawn anew
    page.wait_for_timeout(400)
    drawn = page.evaluate("letters")
    assert drawn or figure in ("vae_plane", "paint_face")
    for colour, size, words, paper in drawn:
        assert contrast(colour, paper) >= 4.5 or words == "?", f"“{words}” is {colour} on {paper}"
        assert size >= 11, f"“{words}” is {size:.1f} px high"
    dark = box.locator(".gm-pane canvas").first.evaluate("each => getComputedStyle(each).backgroundColor")
    assert (luminance(dark) < 0.1) == (theme == "dark")
    page.close()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(("figure", "lesson"), [each[:2] for each in FIGURES])
def test_picture_and_controls_fit_a_screen(browser, site, figure, lesson, screen):
    width, height = SCREENS[screen]
    page, box = opened(browser, site, figure, lesson, width, height)
    assert box.evaluate(HEIGHT) <= height - HEADER
    if screen == "projector":
        assert box.bounding_box()["height"] <= height - 20  # its help, too
        assert page.locator(".bd-header").evaluate("each => getComputedStyle(each).position") == "static"
    plane = box.locator("canvas[tabindex]")
    if screen == "phone" and plane.count():
        assert plane.first.bounding_box()["width"] >= 240  # for a finger
    page.close()


def test_a_film_stops_where_nobody_sees_it(browser, site):
    page, box = opened(browser, site, "gan_stepper", "notebooks/02_gan")
    box.get_by_text("Play", exact=True).click()
    step = box.locator(".gm-readout b").first
    page.wait_for_function("([e, v]) => e.textContent !== v", arg=[step.element_handle(), step.inner_text()])
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    before = step.text_content()
    page.wait_for_timeout(600)
    assert step.text_content() == before
    page.close()


def test_a_film_goes_on_where_a_busy_page_reports_twice(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script("""(() => { const Real = IntersectionObserver;
        window.IntersectionObserver = class extends Real { constructor(f) {
            super((entries) => f([{ isIntersecting: false }, ...entries])); } }; })()""")
    page.goto(f"{site}/notebooks/02_gan.html")
    box = page.locator(".gm-live[data-figure=gan_stepper]")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(".gm-live[data-figure=gan_stepper][data-ready]")
    box.get_by_text("Play", exact=True).click()
    step = box.locator(".gm-readout b").first
    page.wait_for_function("([e, v]) => e.textContent !== v", arg=[step.element_handle(), step.inner_text()])
    page.close()
