"""The bank of questions, and the forms in which it leaves the course."""

import difflib
import itertools
import re

import pytest
import yaml

from tools import questions, teachers_page

BANKS = questions.lessons()


def test_every_lesson_has_questions():
    assert teachers_page.lessons() == BANKS


@pytest.mark.parametrize("slug", BANKS)
def test_a_bank_is_complete(slug):
    asked, promised = questions.read(slug), teachers_page.outcomes(slug)
    assert 10 <= len(asked) <= 12
    if promised:
        assert {each.outcome for each in asked} == set(range(1, len(promised) + 1)), "an outcome without a question"
    for each in asked:
        assert sum(option.right for option in each.options) == 1
        assert len({option.answer.lower() for option in each.options}) == len(each.options), each.id
        assert all(len(option.why.split()) >= 5 for option in each.options), f"{each.id} explains too little"
        for text in (
            each.question,
            *(word for option in each.options for word in (option.answer, option.why)),
        ):
            assert text.count("$") % 2 == 0, text
            assert "$$" not in text, f"text2qti knows no displayed formulas: {text}"
    letters = [letter for each in asked for letter, option in each.lettered() if option.right]
    assert len(set(letters)) >= 3, "the right answer is nearly always at the same place"


@pytest.mark.slow
def test_the_outcomes_of_all_lessons_are_one_table():
    page = teachers_page.page()
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == sum(len(teachers_page.outcomes(slug)) for slug in BANKS)
    assert all(row.count("|") == 4 for row in rows)
    assert sum(int(row.split("|")[3]) for row in rows) == sum(len(questions.read(slug)) for slug in BANKS)
    assert all(f"slides/{slug}.html" in page and f"questions/{slug}.gift.txt" in page for slug in BANKS)


def test_no_two_questions_are_alike():
    asked = [each for slug in BANKS for each in questions.read(slug)]
    assert len({each.id for each in asked}) == len(asked)
    for one, other in itertools.combinations(asked, 2):
        same = difflib.SequenceMatcher(None, one.question, other.question)
        assert same.quick_ratio() < 0.9 or same.ratio() < 0.85, (one.id, other.id)


@pytest.fixture
def bank(tmp_path):
    def written(**changes):
        entry = {
            "id": "a-b",
            "outcome": 1,
            "question": "Is $a = b_{n}$ : or # 50 % ~ \\nabla?",
            "right": "$\\{x\\}$",
            "explanation": "It < is.",
            "wrong": [{"answer": "No", "why": "So."}, {"answer": "Never", "why": "Not so."}],
        }
        changed = {key: value for key, value in (entry | changes).items() if value is not None}
        (tmp_path / "09_x.yml").write_text(yaml.safe_dump([changed]), encoding="utf-8")
        return questions.read("09_x", tmp_path)

    return written


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"right": None}, "expected"),
        ({"hint": "h"}, "hint"),
        ({"wrong": []}, "2 to 5"),
        ({"wrong": [{"answer": "a"}, {"answer": "b"}]}, "answer and why"),
    ],
)
def test_a_faulty_question_is_named(bank, changes, said):
    with pytest.raises(ValueError, match=said):
        bank(**changes)


def unescaped(text):
    """What Moodle makes of escaped text: first two backslashes, then the special characters."""
    text = text.replace("\\\\", "\0")
    return re.sub(r"\\([:#={}~])", r"\1", text).replace("\0", "\\")


def test_gift_keeps_every_character(bank):
    (each,) = bank()
    text = questions.gift("A title", [each])
    body = re.search(r"::a-b::\[html\](.*?)(?<!\\)\{\n(.*)\n\}", text, re.DOTALL)
    assert unescaped(body[1]).strip() == r'Is <span class="math inline">\(a = b_{n}\)</span> : or # 50 % ~ \nabla?'
    rows = body[2].split("\n")
    assert sorted(row[0] for row in rows[:-1]) == ["=", "~", "~"]
    right = next(row for row in rows if row[0] == "=")
    answer, feedback = re.split(r"(?<!\\)#", right[1:])
    assert unescaped(answer) == r'<span class="math inline">\(\{x\}\)</span>'
    assert feedback == "Right."
    assert unescaped(rows[-1]) == "####It &lt; is."
    assert not re.search(r"(?<!\\)\\n", text.replace("\\\\", "")), "Moodle would make a new line of it"


def test_text2qti(bank):
    lines = questions.text2qti("A title", bank()).splitlines()
    assert lines[0] == "Quiz title: A title"
    assert lines[2] == r"1. Is $a = b_{n}$ : or # 50 % ~ \nabla?"
    assert lines[3] == "... It < is."
    options = [line for line in lines if re.match(r"\*?[a-c]\) ", line)]
    assert len(options) == 3
    assert [line for line in options if line[0] == "*"] == [next(o for o in options if r"\{x\}" in o)]
    assert sum(line.startswith("... ") for line in lines) == 4
