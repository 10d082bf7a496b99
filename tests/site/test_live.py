"""Live figures: all are tried, none is heavy, each answers to a click and to a key, and says so if it cannot run."""

from __future__ import annotations

import re

import pytest

from tools.live.weights import LIVE, weights_file

HEAVY = {  # whole models, rounded to eight bits
    "weights/draw_digit.js": 227_000,
    "weights/glow_faces.js": 1_260_000,
    "weights/one_face.js": 760_000,  # pictures
    "weights/srflow_encoder.js": 514_000,
    "weights/srflow_faces.js": 2_733_000,
    "weights/stylegan2_faces.js": 464_000,
}


def test_no_figure_is_heavy():
    for path in LIVE.rglob("*.js"):
        most = HEAVY.get(path.relative_to(LIVE).as_posix(), 150_000)
        assert path.stat().st_size <= most, f"{path.name} weighs {path.stat().st_size} bytes"


# figure, lesson, what to press, what must change
FIGURES = [
    ("boundary", "notebooks/01_discriminative_vs_generative", "canvas[tabindex]", ".gm-readout"),
    ("gan_stepper", "notebooks/02_gan", "input[type=range]", ".gm-controls"),
    ("gan_modes", "notebooks/02_gan", "input[type=range]", ".gm-readout"),
    ("ae_plane", "notebooks/03_autoencoder", "canvas[tabindex]", ".gm-readout"),
    ("kl", "notebooks/04_vae", "input[type=range]", ".gm-readout"),
    ("elbo", "notebooks/04_vae", "input[type=range]", ".gm-readout"),
    ("vae_plane", "notebooks/04_vae", "canvas[tabindex]", ".gm-readout"),
    ("draw_digit", "notebooks/04_vae", "canvas[tabindex]", ".gm-readout"),
    ("map_area", "notebooks/05_change_of_variables", "input[type=range]", ".gm-readout"),
    ("plane_flow", "notebooks/05_change_of_variables", "canvas[tabindex]", ".gm-readout"),
    ("nice_layers", "notebooks/06_nice", "canvas[tabindex]", ".gm-readout"),
    ("glow_faces", "notebooks/07_glow", "input[type=range]", ".gm-controls"),
    ("super_resolution", "notebooks/08_srflow", "input[type=range]", ".gm-controls"),
    ("paint_face", "notebooks/08_srflow", "canvas[tabindex]", ".gm-readout"),
    ("style_mixing", "notebooks/09_stylegan2", "input[type=range]", ".gm-controls"),
    ("one_face", "notebooks/10_recap", "input[type=range]", ".gm-controls"),
    ("next_pixel", "notebooks/11_autoregressive", "canvas[tabindex]", ".gm-readout"),
    ("noise_plane", "notebooks/12_diffusion", "input[type=range]", ".gm-controls"),
    ("straight_paths", "notebooks/13_flow_matching", "input[type=range]", ".gm-controls"),
]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
@pytest.mark.parametrize(("figure", "lesson", "control", "answer"), FIGURES)
def test_figures_answer_to_click_and_key(browser, site, figure, lesson, control, answer, touch):
    context = browser.new_context(viewport={"width": 390 if touch else 1280, "height": 900}, has_touch=touch)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/{lesson}.html")
    box = page.locator(f".gm-live[data-figure={figure}]")
    assert f"stills/{figure}." in page.request.get(page.url).text()  # what is there without JavaScript
    if box.bounding_box()["y"] > 2000:
        assert box.locator("img").count() == 1  # still, until it comes near the screen
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
    box.scroll_into_view_if_needed()
    part, shown = box.locator(control).first, box.locator(answer)

    before = shown.inner_text()
    size = part.bounding_box()
    at = {"x": size["width"] * 0.2, "y": size["height"] * 0.6}
    part.tap(position=at) if touch else part.click(position=at)
    after = shown.inner_text()
    assert after != before
    part.focus()
    page.keyboard.press("ArrowRight")
    assert shown.inner_text() != after
    assert errors == []
    context.close()


@pytest.mark.parametrize(("figure", "lesson"), [each[:2] for each in FIGURES])
def test_figures_are_accessible_when_they_live(browser, site, figure, lesson):
    from tests.site.visit import AXE

    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/{lesson}.html")
    box = page.locator(f".gm-live[data-figure={figure}]")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert box.evaluate("async (box) => (await axe.run(box)).violations.map((v) => v.id)") == []
    page.close()


def test_every_live_figure_is_tried(site):
    from tools.book import HTML

    placed = {
        name
        for path in HTML.rglob("*.html")
        for name in re.findall(r'class="gm-live" data-figure="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert placed == {figure for figure, *_ in FIGURES}


VALUE, SCRIPT = "weights/vae_digits_2d.js", weights_file("vae_digits_2d")
FAULTS = {  # what arrives instead of the weights → what the page says
    "missing": (None, "could not be loaded"),
    "cut off": (lambda text: text[:5000], "is missing or cut off"),
    "damaged": (lambda text: text.replace("AB", "BA", 1), "is damaged"),
    "of another format": (lambda text: text.replace("gm.receive(1,", "gm.receive(0,"), "format 0"),
    "of another model": (lambda text: SCRIPT.with_stem("ae_digits_2d").read_text("utf-8"), "is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_script_that_cannot_be_right_is_said_in_the_page(browser, site, fault):
    change, said = FAULTS[fault]
    page = browser.new_page()

    def answer(route):
        if change is None:
            return route.fulfill(status=404, body="")
        changed = change(SCRIPT.read_text(encoding="utf-8"))
        return route.fulfill(body=changed, content_type="text/javascript; charset=utf-8")

    page.route(f"**/{VALUE}", answer)
    page.goto(f"{site}/notebooks/04_vae.html")
    box = page.locator(".gm-live[data-figure=vae_plane]")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(".gm-live[data-figure=vae_plane] [role=alert]")
    assert said in box.locator("[role=alert]").inner_text()
    assert box.locator("img").count() == 1  # the still picture is there yet
    assert box.locator("canvas").count() == 0
    page.close()
