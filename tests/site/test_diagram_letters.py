"""Diagrams hold their words in whatever font: a picture gets none from its page, and DejaVu is the widest."""

from __future__ import annotations

import base64
from pathlib import Path

import matplotlib
import pytest

from tests.test_diagrams import DIAGRAMS

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACE = "@font-face {{ font-family: Wide; font-weight: {}; src: url(data:font/ttf;base64,{}) }}"
# what leaves the picture, what crosses the side of a box that it stands in, and what runs into the next words
CROSSING = """async () => {
    await Promise.all(["400 20px Wide", "700 20px Wide"].map((each) => document.fonts.load(each)));
    const svg = document.querySelector("svg"), { left, right } = svg.getBoundingClientRect(), found = [];
    const placed = (kind) => [...svg.querySelectorAll(kind)]
        .map((each) => [each.getBoundingClientRect(), each.textContent]);
    const texts = placed("text"), boxes = placed("rect").filter(([box]) => box.width > 12);
    for (const [text, words] of texts) {
        const middle = (text.top + text.bottom) / 2;
        if (text.left < left || text.right > right) found.push(`out: ${words}`);
        for (const [box] of boxes.filter(([box]) => box.top < middle && middle < box.bottom)) {
            const touches = text.left < box.right && text.right > box.left;
            if (touches && (text.left < box.left + 2 || text.right > box.right - 2)) found.push(`side: ${words}`);
        }
        for (const [other] of texts.filter(([other]) => other !== text && other.left >= text.left)) {
            const level = Math.min(text.bottom, other.bottom) - Math.max(text.top, other.top);
            if (level > 6 && text.right > other.left + 1) found.push(`words: ${words}`);
        }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 900, "height": 900})
    yield page
    page.close()


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_words_keep_to_their_place_in_a_wide_font(page, path):
    files = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}
    faces = [
        FACE.format(weight, base64.b64encode((FONTS / name).read_bytes()).decode()) for weight, name in files.items()
    ]
    wide = f"<style>{''.join(faces)} svg * {{ font-family: Wide !important }}</style>"
    page.set_content(wide + path.read_text(encoding="utf-8"))
    assert page.evaluate(CROSSING) == []
