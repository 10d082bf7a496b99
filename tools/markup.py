"""Markdown with formulas as HTML, for what does not go through Sphinx: slides and questions."""

from __future__ import annotations

from html import escape
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


def _formula(content: str, options: dict[str, Any]) -> str:
    """A formula as MathJax finds it; the plugin puts a tag of the class "math" around it."""
    opening, closing = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{opening}{escape(content)}{closing}"


PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").use(dollarmath_plugin, renderer=_formula)


def block(text: str) -> str:
    """Paragraphs, lists, tables, code."""
    return str(PARSER.render(text))


def line(text: str) -> str:
    """One paragraph, without the tag around it."""
    return str(PARSER.renderInline(text.strip()))
