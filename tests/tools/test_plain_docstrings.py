"""Signatures on the pages of the package say no more than a reader can use."""

from __future__ import annotations

import ast
import importlib
import re
import sys

import pytest
from sphinx.util.inspect import signature, stringify_signature

from gmcourse.densities.paths import NoisedMixture, Path
from gmcourse.exercises.compare import Case
from gmcourse_recipes.running.recipe import Recipe
from tests.test_architecture import MODULES
from tools.environment import ROOT

KINDS = (Case, NoisedMixture, Path, Recipe)


@pytest.fixture
def shorten(monkeypatch):
    """A function: class → its signature as the site writes it, None where nothing is changed."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "_extensions"), *sys.path])
    extension = importlib.import_module("plain_docstrings")
    told = {each: stringify_signature(signature(each), show_annotation=False) for each in KINDS}
    return lambda kind: extension.shorten(None, "class", kind.__name__, kind, None, told[kind], None)


def test_a_default_value_that_is_a_function_is_three_dots(shorten):
    assert shorten(Case) == ("(arguments, want, suspects=..., trained=..., sizes=..., handed=None)", None)
    assert "begin=..., prepare=None, schedule=None, callbacks=..., samples=None" in shorten(Recipe)[0]
    assert shorten(NoisedMixture) == ("(centres, width, path=...)", None)


def test_other_signatures_stay(shorten):
    assert shorten(Path) is None


def test_no_docstring_has_what_the_site_shows_as_something_else():
    """Stars are shown as stars, and a letter with a full stop as the first entry of a list."""
    wrong = re.compile(r"(?<![\w*`])\*[a-z]+\*(?![\w*`])|^ +\w+: [A-Za-z]\.$", re.MULTILINE)
    for path in MODULES.values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                assert not wrong.search(text), f"{path.name}: {wrong.search(text)[0]}"
