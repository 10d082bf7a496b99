"""Pages carry no marks that change nothing."""

from __future__ import annotations

import importlib
import sys

import pytest

from tools.environment import ROOT

pytest.importorskip("sphinx")


@pytest.fixture
def light_pages(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "_extensions"), *sys.path])
    return importlib.import_module("light_pages")


def test_operators_are_text_and_a_string_is_one_part(light_pages):
    marked = (
        '<span class="n">x</span> <span class="o">=</span> <span class="sa">f</span><span class="s2">&quot;</span>'
        '<span class="si">{</span><span class="n">y</span><span class="si">}</span><span class="s2">&quot;</span>'
        ' <span class="k">if</span>'
    )
    assert light_pages.with_less_marks(marked) == (
        'x = <span class="sa">f&quot;{</span>y<span class="si">}&quot;</span> <span class="k">if</span>'
    )
