"""Docstrings are written to be read in an editor: a bar is |det J|, a star is a product, `name` is code.

reStructuredText reads a bar as a substitution and a star as emphasis; napoleon takes what stands before a colon
under "Returns:" for a type, though types stand in the signature here. Both are told otherwise before they look.
Of a dataclass, autodoc writes the default values as Python prints them: three dots stand where that says nothing.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass

from sphinx.application import Sphinx
from sphinx.ext.autodoc.preserve_defaults import DefaultValue
from sphinx.util.inspect import stringify_signature

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


def shorten(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str, str | None] | None:
    """Write dots for a default value that is printed as `<factory>` or `<function …>`."""
    if not (signature and "<" in signature and callable(obj) and is_dataclass(obj)):
        return None
    whole = inspect.signature(obj)
    shown = [
        each.replace(default=DefaultValue("..."))
        if each.default is not each.empty and "<" in repr(each.default)
        else each
        for each in whole.parameters.values()
    ]
    return stringify_signature(whole.replace(parameters=shown), show_annotation=False), returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Ahead of napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", process, priority=400)
    app.connect("autodoc-process-signature", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
