"""Notebooks as files: written from readable text, kept clean in git.

    python -m tools.notebooks write lesson.md notebooks/04_vae.ipynb     (MyST text → notebook)
    python -m tools.notebooks clean [FILE …]                             (all committed notebooks by default)

Clean means: no outputs, no execution counts, small metadata, boxes with their colours, and cell ids that say
what the cell is about and stay the same from one saving to the next.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools import colab

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FOLDERS = ("book", "notebooks", "notebooks/solutions")
KEPT = ("gmcourse", "mystnb", "tags")  # of a cell's metadata
# What a box looks like where our style sheet is not: JupyterLab, Notebook, VS Code and Colab keep a style and
# drop or ignore a class of ours. Thin colours on whatever the paper is: for a light and a dark theme.
BOXES = {"predict": "#e08a1e", "expect": "#0072b2"}
BOX = '<blockquote class="{0}" style="border-left: 6px solid {1}; background-color: {1}1a; padding: 0.5em 1em">'


def _words(cell: dict[str, Any]) -> str:
    """What a cell is about, in a few words: its heading or marker, else what its code does after the imports."""
    lines = [line for line in "".join(cell["source"]).splitlines() if line.strip()]
    if cell["cell_type"] == "code":
        lines = [line for line in lines if not line.startswith(("import ", "from "))] or lines
    for line in lines:
        if not line.startswith(("```", "<blockquote", "![", "---")):
            return re.sub(r"\$[^$]*\$|\]\([^)]*\)|[^a-z0-9 ]", " ", line.lower())
    return str(cell["cell_type"])


def cell_id(cell: dict[str, Any], taken: set[str]) -> str:
    """An id of at most 48 characters that no other cell has."""
    slug = "-".join(_words(cell).split()[:6])[:44].strip("-") or cell["cell_type"]
    candidate, number = slug, 2
    while candidate in taken:
        candidate, number = f"{slug}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _boxed(source: str) -> str:
    """The text with the opening tag of each box as it is committed."""
    return re.sub(
        r'^<blockquote class="(\w+)".*>$',
        lambda match: BOX.format(match[1], BOXES[match[1]]) if match[1] in BOXES else match[0],
        source,
        flags=re.MULTILINE,
    )


def clean(notebook: dict[str, Any], address: str = "", lesson: bool = True) -> dict[str, Any]:
    """The same notebook as it is committed; with an address, it begins with the cell for Colab.

    The tag `hide-input` folds code on the site. In a lesson it does so in JupyterLab and VS Code too, which
    look for `source_hidden`.
    """
    taken: set[str] = set()
    cells = [colab.cell(address)] if address else []
    for cell in notebook["cells"]:
        if cell.get("id") == colab.ID:
            continue
        tidy: dict[str, Any] = {"cell_type": cell["cell_type"], "id": cell_id(cell, taken)}
        tidy["metadata"] = {k: v for k, v in cell.get("metadata", {}).items() if k in KEPT}
        if lesson and "hide-input" in tidy["metadata"].get("tags", []):
            tidy["metadata"]["jupyter"] = {"source_hidden": True}
        source = "".join(cell["source"]).rstrip()
        if cell["cell_type"] == "markdown":
            source = _boxed(source)
        tidy["source"] = source.splitlines(keepends=True)
        if cell["cell_type"] == "code":
            tidy |= {"execution_count": None, "outputs": []}
        cells.append(tidy)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def cleaned(path: Path) -> str:
    """The text of a notebook's file as it is committed."""
    notebook, lesson = json.loads(path.read_text(encoding="utf-8")), path.parent.name != "solutions"
    return as_text(clean(notebook, colab.address_for(path), lesson))


def as_text(notebook: dict[str, Any]) -> str:
    """Notebook JSON as Jupyter writes it, so that a saving there changes few lines."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def committed(root: Path) -> list[Path]:
    """Every notebook that is kept clean."""
    return [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]


def main(words: list[str]) -> int:
    """Write or clean the notebooks that are named."""
    if words[:1] == ["write"] and len(words) == 3:
        import jupytext

        source, target = map(Path, words[1:])
        notebook = json.loads(jupytext.writes(jupytext.read(source, fmt="md:myst"), fmt="ipynb"))
        target.write_text(as_text(clean(notebook, colab.address_for(target))), encoding="utf-8")
        return 0
    if words[:1] == ["clean"]:
        for path in [Path(word) for word in words[1:]] or committed(Path(".")):
            after = cleaned(path)
            if after != path.read_text(encoding="utf-8"):
                path.write_text(after, encoding="utf-8")
                print(f"cleaned {path}")
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
