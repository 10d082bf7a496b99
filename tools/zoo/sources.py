"""Which models of the zoo a text takes: read off the code of modules and notebooks, and off prose."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

READS = ("load", "log", "manifest", "where")


def _calls(tree: ast.AST) -> Iterator[ast.expr]:
    """Find the first argument of every call that reads the zoo."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("zoo", "store") and node.args:
                yield node.args[0]


def in_code(text: str, known: Collection[str]) -> set[str]:
    """Find the models that Python code reads.

    A name that is written into the call counts. Where a call takes its name from elsewhere, every string of the
    code that is the name of a model counts: too many rather than too few.
    """
    tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", text))  # a notebook's magics are no Python
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    found: set[object] = set()
    for name in _calls(tree):
        found |= {name.value} if isinstance(name, ast.Constant) else strings
    return {name for name in known if name in found}


def recipes_in(text: str) -> set[str]:
    """Find the recipes that code imports from, and what several of them share: "running.fitted_priors"."""
    whole = re.findall(r"(?m)^\s*from gmcourse_recipes import ([\w, ]+)$", text)
    return {
        *re.findall(r"(?m)^\s*from gmcourse_recipes\.([\w.]+) import", text),
        *(name for names in whole for name in names.split(", ")),
    }


def in_prose(text: str, known: Collection[str]) -> set[str]:
    """Find the models that prose names: a name with an underscore anywhere, another one only as code."""
    code = " ".join(re.findall(r"`([^`]+)`", text))
    return {
        name
        for name in known
        if re.search(rf"\b{name}\b", text if "_" in name else "")
        or re.search(rf"(?:^| )(?:gmcourse (?:train|zoo) )?{name}(?: |$)", code)
    }


def cells(path: Path, kind: str) -> str:
    """Return the text of a notebook's cells of one kind, "code" or "markdown"."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind)
