"""Turns a solved notebook into the one that is handed out.

The solved one is written by hand, the other generated, and a test fails when they do not fit. In a solved
notebook:

    ### BEGIN SOLUTION      the lines from here
    ### HANDED OUT          (optional) what follows, uncommented, is handed out in their place
    ### END SOLUTION        to here are taken out; without HANDED OUT a stub that raises stands there

and a cell tagged `solution` is left out. Where a question asks for a prediction, a cell to write it in follows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gmcourse.exercises.mistakes import STUB
from tools import colab
from tools.environment import repository

BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*\n"
    r"(?P<solution>.*?)"
    r"(?:^[ \t]*### HANDED OUT[ \t]*\n(?P<handed>.*?))?"
    r"^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
SOLVED, HANDED_OUT = (
    "_solutions",
    "_exercises",
)  # what follows a chapter's name, so that no file is taken for another
PREDICT = re.compile(r"^(Predict|Before you run|Try it)\b", re.MULTILINE)
PLACE = "**Your prediction:** *double-click here, and write it down before you run anything*"
DROPPED_TAGS = ("hide-input", "hide-cell", "hide-output")


def handed_out(source: str) -> str:
    """Replace the solutions in a cell's text.

    >>> print(handed_out("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION"))
    def f(x):
        raise NotImplementedError("your code here")
    """

    def replace(match: re.Match[str]) -> str:
        if match["handed"] is None:
            return f'{match["indent"]}raise NotImplementedError("{STUB}")\n'
        return re.sub(r"^([ \t]*)# ?", r"\1", match["handed"], flags=re.MULTILINE)

    text = BLOCK.sub(replace, source)
    if "### " in text and re.search(r"### (BEGIN|END) SOLUTION|### HANDED OUT", text):
        raise ValueError(f"a solution is not closed, or closed twice, in the cell that begins {source[:60]!r}")
    return text.rstrip("\n")


def exercise(solved: dict[str, Any], name: str, address: str | None = None) -> dict[str, Any]:
    """Make the notebook to hand out, as JSON.

    Args:
        solved: the solved notebook, as JSON.
        name: "04_vae"; noted in the metadata, so that a renamed file is still known.
        address: the course's address; with it a first cell installs the package on Colab.
    """
    cells = [colab.cell(address)] if address else []
    for cell in solved["cells"]:
        metadata = {key: value for key, value in cell["metadata"].items() if key != "mystnb"}
        tags = [tag for tag in metadata.pop("tags", []) if tag not in DROPPED_TAGS]
        if "solution" in tags:
            continue
        copy = dict(cell, metadata=metadata | ({"tags": tags} if tags else {}))
        if cell["cell_type"] == "code":
            copy |= {
                "source": _lines(handed_out("".join(cell["source"]))),
                "outputs": [],
                "execution_count": None,
            }
        cells.append(copy)
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and text.startswith("## ") and PREDICT.search(text):
            place = f"prediction-{sum(each['cell_type'] == 'markdown' for each in cells)}"
            cells.append({"cell_type": "markdown", "id": place, "metadata": {}, "source": [PLACE]})
    metadata = solved["metadata"] | {"gmcourse": {"exercises": name}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def outputs(root: Path) -> dict[Path, str]:
    """Make what every generated file should hold: `notebooks/exercises/` and the copy inside the package.

    Args:
        root: the course's folder.

    Raises:
        ValueError: there are no solved notebooks, or a solution is not closed.
    """
    sources = sorted((root / "notebooks" / "solutions").glob(f"*{SOLVED}.ipynb"))
    if not sources:
        raise ValueError(f"{root / 'notebooks' / 'solutions'} has no notebooks; run this in the course's folder")
    texts = {}
    for source in sources:
        name = source.stem.removesuffix(SOLVED)
        made = exercise(json.loads(source.read_text(encoding="utf-8")), name, repository() or None)
        # As Jupyter writes it: a student's save changes as few lines as can be.
        text = json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for folder in ("notebooks/exercises", "gmcourse/exercises/templates"):
            texts[root / folder / f"{name}{HANDED_OUT}.ipynb"] = text
    return texts


def stale(root: Path) -> list[Path]:
    """Generated files that are missing, differ, or have no source any more."""
    wanted = outputs(root)
    wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    folders = {path.parent for path in wanted}
    return wrong + [path for folder in folders for path in folder.glob("*.ipynb") if path not in wanted]


def write(root: Path) -> list[Path]:
    """Bring the generated files up to date; returns what changed."""
    changed, wanted = stale(root), outputs(root)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return changed
