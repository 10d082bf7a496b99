"""Docstrings are written to be read in an editor: a bar is |det J|, a star is a product, `name` is code.

reStructuredText reads a bar as a substitution and a star as emphasis; napoleon takes what stands before a colon
under "Returns:" for a type, though types stand in the signature here. Both are told otherwise before they look.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

CODE = re.compile(r"(``.*?``|`[^`]*`)")


def escape(line: str) -> str:
    """Escape bars and stars outside of code; leave doctests alone."""
    if line.lstrip().startswith((">>>", "...")):
        return line
    parts = CODE.split(line)
    return "".join(part if i % 2 else re.sub(r"([|*])", r"\\\1", part) for i, part in enumerate(parts))


def process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Change the lines in place, before napoleon reads its sections."""
    lines[:] = [escape(line) for line in lines]
    for i, line in enumerate(lines[1:], start=1):
        if lines[i - 1].strip() in ("Returns:", "Yields:"):
            text = line.lstrip()
            lines[i] = f"{line[: len(line) - len(text)]}: {text}"  # an empty type


def setup(app: Sphinx) -> dict[str, bool]:
    """Ahead of napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
