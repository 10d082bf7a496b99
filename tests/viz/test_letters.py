"""Letters in figures are 11 points or more, and so never below 11 pixels on the site."""

import re

import pytest

from gmcourse.viz.palette import LOOK
from tests.conftest import ROOT

SIZES = re.compile(r"(?:font|label|title)_?size\"?\s*[=:]\s*([\d.]+)")
FILES = [
    path
    for each in ("gmcourse/viz/*.py", "notebooks/*.ipynb", "notebooks/solutions/*.ipynb")
    for path in ROOT.glob(each)
]


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.name)
def test_no_letter_is_asked_to_be_smaller(path):
    small = [float(size) for size in SIZES.findall(path.read_text(encoding="utf-8")) if float(size) < 11]
    assert small == []


def test_the_page_never_makes_a_picture_so_narrow_that_they_fall_below_eleven_pixels():
    css = (ROOT / "book" / "_static" / "course.css").read_text(encoding="utf-8")
    least = float(re.search(r"\.gm-picture img \{ min-width: calc\(var\(--width\) \* ([\d.]+)\)", css)[1])
    assert least * LOOK["font.size"] * LOOK["savefig.dpi"] / 72 >= 11
