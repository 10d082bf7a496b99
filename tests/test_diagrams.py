"""Diagrams as SVG: read aloud, in light and dark, with letters that a phone shows."""

import re
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT
from tools import diagrams

SVG = "{http://www.w3.org/2000/svg}"
FOLDER = ROOT / "book" / "_static" / "diagrams"
DIAGRAMS = sorted(FOLDER.glob("*.svg"))
LARGEST_WIDTH = 32  # in letters' heights: on a phone of 390 pixels they are 11 pixels high


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
class TestDiagram:
    def test_says_what_it_shows(self, path):
        root = ElementTree.parse(path).getroot()
        title, desc = (root.find(f"{SVG}{name}") for name in ("title", "desc"))
        assert len(title.text.split()) >= 2
        assert len(desc.text.split()) >= 20
        assert root.get("role") == "img"
        assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]

    def test_follows_light_and_dark(self, path):
        """Every colour is a variable, which both modes set, and there is no sheet of paper behind."""
        text = path.read_text(encoding="utf-8")
        dark = text[text.index("prefers-color-scheme: dark") :].splitlines()[0]
        assert set(re.findall(r"var\((--\w+)\)", text)) <= set(re.findall(r"(--\w+):", dark))
        assert not re.search(r"[\s\"';](fill|stroke|background(-color)?)\s*[:=][\s\"']*(?!var\(|none)\w*[#a-z]", text)
        root = ElementTree.parse(path).getroot()
        width = float(root.get("viewBox").split()[2])
        sheets = [each for each in root.iter(f"{SVG}rect") if each.get("width") in (f"{width:g}", "100%")]
        assert sheets == []

    def test_letters_are_large(self, path):
        text = path.read_text(encoding="utf-8")
        width = float(re.search(r'viewBox="0 0 (\d+)', text)[1])
        sizes = [float(size) for size in re.findall(r"(?:font: |font-size: |font-size=\")(\d+)", text)]
        assert sizes
        assert min(sizes) >= width / LARGEST_WIDTH

    def test_stands_in_a_text(self, path):
        texts = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.md"), *ROOT.glob("book/*.ipynb")]
        assert any(f"_static/diagrams/{path.name})" in text.read_text(encoding="utf-8") for text in texts)


def test_networks_have_the_colour_of_the_model():
    for path in DIAGRAMS:
        text = path.read_text(encoding="utf-8")
        assert ".net {" not in text or ".net { fill: var(--model);" in text, path.stem


def test_teachers_have_all_of_them_with_the_licence():
    page, sheet = diagrams.page(), ElementTree.fromstring(diagrams.sheet())
    assert set(diagrams.uses()) == {path.stem for path in DIAGRAMS}
    assert all(f"diagrams/{path.name}" in page for path in DIAGRAMS)
    assert len(sheet.findall(f"{SVG}image")) == len(DIAGRAMS)
    assert "CC BY 4.0" in page
    assert "CC BY 4.0" in sheet.findall(f"{SVG}text")[-1].text


def test_there_are_some():
    assert len(DIAGRAMS) >= 2
