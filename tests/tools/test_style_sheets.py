"""The one style sheet of the site: what no page needs goes, what one may need stays, and ideas can be read."""

import re

import pytest

from tests.conftest import ROOT
from tools import style_sheets

WORDS = frozenset({"here", "there"})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (".here { a: b; }", ".here{a: b;}"),
        (".here .gone { a: b; }", ""),
        (".gone, .here > p { a: b; }", ".here > p{a: b;}"),
        ("p, .gone { a: b }", "p{a: b}"),
        (".here .-Color-Bold { a: b }", ""),
        (".here:not(.gone) { a: b }", ".here:not(.gone){a: b}"),
        ("#here p, #gone p { a: b }", "#here p{a: b}"),
        (":is(.gone, .here) { a: b }", ":is(.gone, .here){a: b}"),
        ("@media print { .gone { a: b } }", ""),
        ("@media print { .there { a: b } }", "@media print {.there{a: b}}"),
        (".sm\\:here { a: b }", ".sm\\:here{a: b}"),
    ],
)
def test_a_rule_stays_if_all_its_classes_and_ids_may_occur(written, kept, tmp_path):
    sheet = tmp_path / "one.css"
    sheet.write_text(written, encoding="utf-8")
    assert style_sheets.joined((sheet,), tmp_path, WORDS).strip() == kept


def test_a_property_that_nothing_reads_goes_and_so_does_what_only_it_read(tmp_path):
    sheet = tmp_path / "one.css"
    sheet.write_text(
        "p { --e: url('data:a;b'); --a: 1; --b: var(--a); --c: 2; margin: var(--c); --gm-d: 3 }",
        encoding="utf-8",
    )
    assert style_sheets.joined((sheet,), tmp_path, WORDS).split() == [
        "p{",
        "--c:",
        "2;",
        "margin:",
        "var(--c);",
        "--gm-d:",
        "3}",
    ]


def _light(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("idea", ["data", "model", "latent"])
@pytest.mark.parametrize("ground", ["paper", "tint"])
def test_the_colour_of_an_idea_can_be_read(theme, idea, ground):
    text = (ROOT / "book" / "_static" / "course.css").read_text(encoding="utf-8")
    block = re.search(rf'html\[data-theme="{theme}"\] \{{(.*?)\}}', text, re.DOTALL)[1]
    colours = dict(re.findall(r"--gm-(\w+): (#\w{6});", block))
    one, two = sorted((_light(colours[idea]), _light(colours[ground])))
    assert (two + 0.05) / (one + 0.05) >= 4.5
