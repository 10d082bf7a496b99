"""Slides: what they fetch is in the lesson, and they take as long as its core."""

import json
import re

import pytest

from tests.conftest import ROOT
from tools import deck, questions, teachers_page

DECKS = deck.decks()


def test_every_lesson_has_slides():
    assert teachers_page.lessons() == DECKS


def source(slug):
    return deck.slides((deck.FOLDER / f"{slug}.md").read_text(encoding="utf-8"))


def figures(slug):
    cells = json.loads((ROOT / "notebooks" / f"{slug}.ipynb").read_text(encoding="utf-8"))["cells"]
    return {cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") for cell in cells}


@pytest.mark.parametrize("slug", DECKS)
def test_a_deck_takes_the_time_of_the_core(slug):
    assert deck.minutes(slug) == 45
    first, *others = source(slug)
    assert first.text.startswith("# ")
    assert all(each.text.startswith("## ") for each in others)
    for each in source(slug):
        words = re.sub(r"\$[^$]*\$", "formula", deck.FETCHED.sub("", each.text)).split()
        assert len(words) <= 75, f"too much to read on one slide: {each.text[:60]}"
        assert len(each.notes.split()) >= 5, each.text[:60]


@pytest.mark.parametrize("slug", DECKS)
def test_what_slides_fetch_is_in_the_lesson(slug, tmp_path):
    """Without executing it: figures by the names in the cells."""
    lesson, text = deck.Lesson(slug, tmp_path), "\n".join(each.text for each in source(slug))
    fetched = [match.groups()[1:] for match in deck.FETCHED.finditer(text)]
    for kind, name in fetched:
        if kind == "figure":
            assert name in figures(slug), name
        elif kind == "question":
            assert name in lesson.questions, name
        else:
            getattr(lesson, kind)(name)
    for name in deck.NUMBER.findall(text):
        assert lesson.number(name)
    kinds = [kind for kind, _ in fetched]
    assert kinds.count("question") >= 3, "a class has to be asked"
    assert {"figure", "diagram", "live"} & set(kinds)


def test_a_slide_without_minutes_is_named():
    with pytest.raises(ValueError, match="slide 2 is to end with"):
        deck.slides("# A\n\nNotes, 1 minute: a\n---\n## B\n")


@pytest.mark.parametrize("text", ["![](figure:no)", "[](equation:9.9)", "[](question:no)", "a [](number:no)"])
def test_a_name_that_the_lesson_lacks_is_an_error(text, tmp_path, monkeypatch):
    monkeypatch.setattr(deck, "FOLDER", tmp_path)
    monkeypatch.setattr(deck.Lesson, "cells", [])
    slug = "05_change_of_variables"
    (tmp_path / f"{slug}.md").write_text(f"# A\n\n{text}\n\nNotes, 1 minute: a", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{slug}, slide 1: the lesson has no"):
        deck.page(slug, tmp_path)


def test_layout_follows_the_picture(tmp_path):
    lesson = deck.Lesson("05_change_of_variables", tmp_path)
    assert deck._body(lesson, "## A\n\nwords")[1] == "words"
    assert deck._body(lesson, "## A\n\n![](diagram:glow)")[1] == "alone"
    assert deck._body(lesson, "## A\n\nwords\n\n![](diagram:glow)")[1] == "beside"
    assert deck._body(lesson, "## A\n\nwords\n\n![](diagram:kinds_of_maps)")[1] == "below"
    assert deck._body(lesson, "## A\n\n[](equation:5.1)\n\n![](diagram:glow)")[1] == "below"


def test_a_still_picture_says_what_it_shows(tmp_path):
    assert deck._body(deck.Lesson("06_nice", tmp_path), "## A\n\n![](live:nice_layers)")[0].count("two moons")
    with pytest.raises(KeyError, match="glow_faces"):
        deck.Lesson("06_nice", tmp_path).live("glow_faces")


def test_a_question_is_asked_and_then_answered(tmp_path):
    slug = "05_change_of_variables"
    asked = questions.read(slug)[0]
    slide = deck.Slide(f"## Ask\n\n[](question:{asked.id})", "say", 2)
    first, second = deck._sections(deck.Lesson(slug, tmp_path), slide)
    assert 'class="right"' not in first
    assert second.count('class="right"') == 1
    assert second.count('class="wrong"') == len(asked.options) - 1
