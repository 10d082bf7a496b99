"""Markdown with formulas as HTML, for what does not go through Sphinx: slides and questions."""

from __future__ import annotations

from html import escape
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


def _formula(content: str, options: dict[str, Any]) -> str:
    """A formula as `formulas.js` finds it; the plugin puts a tag of the class "math" around it."""
    opening, closing = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{opening}{escape(content)}{closing}"


PARSER = MarkdownIt("commonmark", {"html": True, "typographer": True})
PARSER.enable(["table", "smartquotes"]).use(dollarmath_plugin, renderer=_formula)


def block(text: str) -> str:
    """Write paragraphs, lists, tables and code as HTML."""
    return str(PARSER.render(text))


def line(text: str) -> str:
    """Write one paragraph as HTML, without the tag around it."""
    return str(PARSER.renderInline(text.strip()))
