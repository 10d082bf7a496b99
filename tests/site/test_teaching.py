"""Slides in a browser: each fits, nothing is missing; and the questions at the end of a lesson answer."""

import re

import pytest

from tests.site.visit import AXE, RUN_AXE
from tools import deck, questions

SPILT = """() => {
  const slide = document.querySelector("section.present"), room = slide.getBoundingClientRect();
  const parts = "h1, h2, .content > *, .text > *, .picture > *, .options > li, .because, .katex-html";
  const shown = [...slide.querySelectorAll(parts)];
  return shown.filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && (box.bottom > room.bottom + 2 || box.right > room.right + 2);
  }).map((each) => each.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("slug", deck.decks())
def test_every_slide_fits(slug, browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((site, "data:")) else faults.append(request.url),
    )
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto(f"{site}/slides/{slug}.html")
    page.wait_for_selector("html[data-ready]")
    page.evaluate(AXE)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({number})")
        if page.query_selector("section.present .gm-live"):
            page.wait_for_selector("section.present .gm-live[data-ready]")
        page.wait_for_timeout(100)
        assert page.evaluate(RUN_AXE) == [], f"slide {number + 1}"
        assert page.evaluate(SPILT) == [], f"slide {number + 1}"
        assert page.evaluate(
            "[...document.querySelectorAll('section.present img')].every((each) => each.naturalWidth)"
        )
        assert page.evaluate("[...document.querySelectorAll('section.present img')].every((each) => each.alt)")
    assert faults == []
    page.close()


def test_a_live_figure_fills_its_slide(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{site}/slides/13_flow_matching.html")
    page.wait_for_selector("html[data-ready]")
    slides = page.locator(".slides > section")
    live = [i for i, each in enumerate(slides.all()) if each.locator(".gm-live").count()]
    page.evaluate(f"Reveal.slide({live[0]})")
    box = page.locator("section.present .gm-live[data-ready]")
    box.wait_for()
    page.wait_for_timeout(500)
    picture, controls = (box.locator(part).bounding_box() for part in (".gm-row", ".gm-side"))
    assert controls["x"] >= picture["x"] + picture["width"]
    assert float(box.evaluate("each => each.style.zoom")) >= 0.95  # letters as large as on a page
    page.close()


@pytest.mark.parametrize("slug", deck.decks())
def test_a_printed_slide_is_one_page(slug, browser, site):
    page = browser.new_page()
    page.goto(f"{site}/slides/{slug}.html?print-pdf", wait_until="networkidle")
    page.wait_for_selector("html[data-ready]")
    slides = page.evaluate("Reveal.getTotalSlides()")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == slides
    for number in range(1, slides + 1):
        place = f".pdf-page:nth-of-type({number}) section"
        assert page.evaluate(SPILT.replace("section.present", place)) == [], f"page {number}"
        parts = f"[...document.querySelectorAll('{place} > :not(.notes)')]"
        tops = page.evaluate(f"{parts}.map((each) => each.getBoundingClientRect().top)")
        assert tops == sorted(set(tops)), f"page {number}: a part stands beside the heading"
    page.close()


def test_the_keyboard_turns_slides(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/slides/{deck.decks()[0]}.html")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getState().indexh") == 1
    page.close()


@pytest.mark.parametrize("slug", questions.lessons())
def test_questions_answer(slug, browser, site):
    page = browser.new_page()
    page.goto(f"{site}/notebooks/{slug}.html")
    page.click(".gm-questions > summary")
    for each in questions.read(slug):
        form = page.locator(f"#question-{each.id}")
        for letter, option in each.lettered():
            form.locator(f"input[value={letter}]").check()
            verdict = form.locator(".gm-verdict")
            assert ("right" in verdict.get_attribute("class").split()) == option.right
            assert verdict.inner_text().startswith(f"{letter} {'Right.' if option.right else 'No.'}")
    page.close()


def test_questions_are_reached_by_keyboard(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/notebooks/{questions.lessons()[0]}.html")
    page.focus(".gm-questions > summary")
    page.keyboard.press("Enter")
    for _ in range(12):  # formulas may stand before the first option
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.gm-question input')"):
            break
    page.keyboard.press("Space")
    assert page.locator(".gm-question").first.locator(".gm-verdict").inner_text()
    page.close()
