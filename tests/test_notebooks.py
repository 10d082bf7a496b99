"""Lessons as files: clean, short cells, the same beginning, every picture described."""

import json
import re
from pathlib import Path

import pytest

from gmcourse.doctor import LESSONS
from tools import colab
from tools.notebooks import cleaned, committed
from tools.papers import by_address, papers

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NUMBERED = [ROOT / "book" / "tools.ipynb", *NOTEBOOKS]
TITLES = {"predict": "Predict, then run", "expect": "The number to expect"}
STILL = "*A still picture: on the site of the course, this figure is live.*"
# Lessons longer than 3,500 words: these may only become fewer.
LONGER: dict[str, int] = {}
# Numbered equations that nothing refers to: these may only become fewer.
NEVER_NAMED: set[str] = set()
SET_UP = """\
import torch

from gmcourse import viz
from gmcourse.reproducible import start

device = start(seed=0)
viz.style()"""


def cells(path, kind):
    all_cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [c for c in all_cells if c["cell_type"] == kind and c["id"] != colab.ID]


def source(cell):
    return "".join(cell["source"])


def prose(path):
    return "\n\n".join(source(cell) for cell in cells(path, "markdown"))


def words(text):
    """How many words a reader meets: without alt texts, addresses, tags and formulas, which count as one each.

    The line below a still picture does not count: the site leaves it out.
    """
    text = text.replace("*A still picture: on the site of the course, this figure is live.*", "")
    text = re.sub(r"\$\$.+?\$\$|\$[^$]+\$", " x ", text, flags=re.S)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)]*\)|<[^>]+>", " ", text)
    return len(re.findall(r"\w[\w’'-]*", text))


def chapter(path):
    """The first part of its equations' numbers."""
    return "T" if path.stem == "tools" else str(int(path.stem[:2]))


def tags(path):
    return re.findall(r"\\tag\{([^}]*)\}", prose(path))


@pytest.mark.parametrize("path", committed(ROOT), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_it_is_committed_clean(path):
    assert cleaned(path) == path.read_text(encoding="utf-8"), "run: python -m tools.notebooks clean"


@pytest.mark.parametrize("path", committed(ROOT), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_notebooks_that_it_names_are_there(path):
    named = re.findall(r"`(notebooks/[\w/]+\.ipynb)`", prose(path))
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
class TestLesson:
    def test_twelve_to_thirty_short_cells(self, path):
        code = cells(path, "code")
        assert 12 <= len(code) <= 30
        assert {c["id"]: len(c["source"]) for c in code if len(c["source"]) > 25} == {}

    def test_it_begins_like_the_others(self, path):
        assert source(cells(path, "code")[0]) == SET_UP

    def test_a_question_comes_first(self, path):
        first = source(cells(path, "markdown")[0])
        assert re.search(r"^# .+\n\n\*\*.+\?\*\*", first, re.M), "after the title comes a question, in bold"
        assert "You will be able to" in first
        low, high = map(int, re.findall(r"All cells together take (\d+) to (\d+) seconds", first)[0])
        assert 2 * low < high <= 3 * low, "say how long it runs, on a fast core and on a slow one"
        assert LESSONS[0] <= low <= LESSONS[1], "what the doctor says"

    def test_predict_then_run_and_the_number_to_expect(self, path):
        text = prose(path)
        assert text.count('class="predict"') >= 3
        assert text.count('class="expect"') >= 3
        for heading in ("What fails", "What differs from the paper", "Exercises", "References"):
            if heading == "What differs from the paper" and "change_of_variables" in path.name:
                continue  # no paper of its own
            assert re.search(rf"^## .*{heading}", text, re.M), f"there is no section {heading!r}"

    def test_every_prediction_is_answered(self, path):
        boxes = re.findall(r'<blockquote class="predict".*?</blockquote>', prose(path), re.S)
        answer = "\n\n<details><summary>Answer</summary>\n\n"
        left = sum(answer not in box for box in boxes)
        assert left == 0, "the answer is folded, inside the box"

    def test_it_can_be_read_in_one_sitting(self, path):
        assert words(prose(path)) <= LONGER.get(path.name[:2], 3500)

    def test_every_picture_has_an_alt_text_a_caption_and_a_name(self, path):
        draws = re.compile(r"^\s*(viz\.\w+|plt\.subplots|figure\b.*=|explore)\(", re.M)
        named = set()
        for cell in cells(path, "code"):
            described = cell["metadata"].get("mystnb")
            if described is None:
                assert not draws.search(source(cell).replace("viz.style()", "")), (
                    f"{cell['id']} draws, and is not described"
                )
                continue
            assert len(described["image"]["alt"]) >= 40, cell["id"]
            assert described["figure"]["caption"], cell["id"]
            name = described["figure"]["name"]
            assert name.startswith("fig-")
            assert name not in named
            named.add(name)


@pytest.mark.parametrize("path", committed(ROOT), ids=lambda p: f"{p.parent.name}/{p.name}")
class TestPlainMarkdown:
    """JupyterLab, VS Code, Colab and a forge show it as the site does; CONTRIBUTING says how a lesson is written."""

    def test_nothing_is_for_the_site_alone(self, path):
        assert re.findall(r"^(?::::|```\{|\(.*\)=$|% |\+\+\+).*|\{[\w:]+\}`.*", prose(path), re.M) == []

    def test_boxes_have_a_title_and_stand_by_themselves(self, path):
        opened = re.findall(r'<blockquote class="(\w+)" style="[^"]*">\n\n\*\*(.*)\*\*\n\n', prose(path))
        assert len(opened) == prose(path).count("<blockquote")
        assert len(opened) == len(re.findall(r"\n\n</blockquote>(?:\n\n|$)", prose(path)))
        assert [title for kind, title in opened if TITLES.get(kind) != title] == []

    def test_folded_answers_stand_by_themselves(self, path):
        found = prose(path).count("<details>")
        assert len(re.findall(r"^<details><summary>.+</summary>\n\n", prose(path), re.M)) == found
        assert len(re.findall(r"\n\n</details>(?:\n\n|$)", prose(path))) == found

    def test_equations_are_numbered_in_order(self, path):
        wanted = [f"{chapter(path)}.{k}" for k in range(1, 1 + len(tags(path)))]
        assert tags(path) == wanted
        assert len(re.findall(r"\\tag\{[^}]*\}\n\$\$$", prose(path), re.M)) == len(wanted)
        assert r"\label" not in prose(path)
        assert path not in NUMBERED or len(wanted) >= 2

    def test_references_have_their_equation(self, path):
        known = {tag for one in NUMBERED for tag in tags(one)}
        assert set(re.findall(r"[Ee]quation \(([^)]*)\)", prose(path))) <= known
        assert not re.search(r"[Ee]quations? [\d(T]", re.sub(r"[Ee]quation \(", "", prose(path))), (
            "write: equation (4.1)"
        )

    def test_links_lead_somewhere(self, path):
        for text, address in re.findall(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)", prose(path)):
            if "://" not in address:
                assert (path.parent / address).is_file(), address
            elif paper := by_address().get(address):
                assert text in (f"{paper.names} ({paper.year})", f"{paper.names}, {paper.year}")
            else:
                assert not re.search(r"arxiv\.org|doi\.org", address), f"{address} is not in references.bib"

    def test_pictures_are_described_and_said_to_be_still(self, path):
        for alt, address, below in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)\n?\n?(.*)", prose(path)):
            assert len(alt) >= 40, address
            assert "live/stills" not in address or below == STILL, address


def test_every_numbered_equation_is_referred_to():
    """By a lesson, an exercise, the package or a page; a slide that shows it does not count."""
    pages = [
        each
        for pattern in (
            "notebooks/solutions/*.ipynb",
            "book/*.md",
            "book/questions/*.yml",
            "gmcourse/**/*.py",
        )
        for each in ROOT.glob(pattern)
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*NUMBERED, *pages])
    lists = re.findall(r"[Ee]quations?((?:,?\s(?:and )?\([T\d]+\.\d+\))+)", text)
    named = {tag for each in lists for tag in re.findall(r"[T\d]+\.\d+", each)}
    assert {tag for path in NUMBERED for tag in tags(path)} - named == NEVER_NAMED


def test_every_paper_has_an_address_of_its_own():
    assert len(by_address()) == len(papers())
