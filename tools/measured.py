"""Measured numbers in the prose are held by the build: `make book` fails where a range does not hold its number.

A sentence of a lesson or a page gives the range, where its reader sees it:

    The gap is <span id="number-vae-gap">0.07 to 0.12</span> nats.

and the code cell that prints the number says in its metadata where in its output it stands, by a regular
expression with one group:

    "gmcourse": {"numbers": {"vae-gap": "gap +(\\S+) nats"}}

Numbers of a trained model come from what is shipped with it instead. The span says from where:

    data-from="zoo:vae_faces.test_bits_per_dim"            its manifest
    data-from="zoo:nice_faces.full normal/test_bits_per_dim_at_5_bits"   of a cheap model beside it
    data-from="curve:vae_mnist.loss/90749"                 its log: the curve at this step
    data-from="hours:nice_* plane_nice_*"                  the hours of all manifests of these names, added up

    0.07 to 0.12, below 0.02, above 90     the printed number lies there
    0.16, 4                                the printed number, rounded to as many digits, is this one
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import notebooks
from tools.environment import ROOT

SPAN = re.compile(r'<span id="number-([\w-]+)"(?: data-from="(zoo|curve|hours):([^"]+)")?>([^<]+)</span>')
NUMBER = r"[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
ZOO = ROOT / "gmcourse" / "zoo" / "weights"


@dataclass(frozen=True)
class Claim:
    """A range in a sentence: its id, the page and the sentence, the range as it is written, and what is shipped."""

    id: str
    page: str
    sentence: str
    text: str
    shipped: tuple[str, str] | None = None

    def holds(self, value: str) -> bool:
        """Return whether the range contains a printed number.

        Raises:
            ValueError: the range is not written in one of the four ways.
        """
        return in_range(value, self.text)


@dataclass(frozen=True)
class Source:
    """Where a number is printed: the notebook, the cell's id, and the expression that finds it in the output."""

    page: str
    cell: str
    pattern: str


def number(text: str) -> float:
    """The number that a text is: with any minus, commas between thousands, and what may stick to its end."""
    match = re.match(NUMBER, text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a number")
    return float(match[0].replace("−", "-").replace(",", ""))


def in_range(value: str, text: str) -> bool:
    """Whether a range, as it is written, contains a number, as it is printed."""
    found = number(value)
    if match := re.fullmatch(rf"({NUMBER}) to ({NUMBER})", text):
        return number(match[1]) <= found <= number(match[2])
    if match := re.fullmatch(rf"(below|above) ({NUMBER})", text):
        return found < number(match[2]) if match[1] == "below" else found > number(match[2])
    if re.fullmatch(NUMBER, text):
        half = 0.5 * 10.0 ** -len(text.partition(".")[2])
        return abs(found - number(text)) <= half * (1 + 1e-6)
    raise ValueError(f"the range {text!r} is not of the kinds 1 to 2, below 2, above 1, 1.5")


def sentence(text: str, at: int) -> str:
    """Find the sentence, table row or list item around a place, without its tags."""
    begin = max([0, *(m.end() for m in re.finditer(r"\n|[.?] ", text[:at]))])
    end = re.compile(r"\n|[.?](?=\s|$)|$").search(text, at)
    return re.sub(r"<[^>]+>", "", text[begin : end.end() if end else None]).strip()


def claims(text: str, page: str) -> list[Claim]:
    """Find every range in a text."""
    return [
        Claim(m[1], page, sentence(text, m.start()), m[4], (m[2], m[3]) if m[2] else None)
        for m in SPAN.finditer(text)
    ]


def sources(notebook: dict[str, Any], page: str) -> dict[str, Source]:
    """Find where the cells of a notebook print their numbers, by id."""
    return {
        name: Source(page, cell["id"], pattern)
        for cell in notebook["cells"]
        for name, pattern in cell["metadata"].get("gmcourse", {}).get("numbers", {}).items()
    }


def output(cell: dict[str, Any]) -> str:
    """Return what a cell printed, and the text of what it showed."""
    parts = []
    for each in cell.get("outputs", []):
        shown = (
            each.get("text", "") if each["output_type"] == "stream" else each.get("data", {}).get("text/plain", "")
        )
        parts.append("".join(shown))
    return "".join(parts)


def prose(path: Path) -> str:
    """Return the text of a page: of a notebook its Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def pages() -> list[Path]:
    """Every page that may state a measured number."""
    return [*sorted((ROOT / "book").glob("*.md")), *notebooks.committed(ROOT)]


def problems(paths: Iterable[Path], executed: Callable[[Path], dict[str, Any]]) -> list[str]:
    """Every range that does not hold, or that nothing holds, in a sentence each.

    Args:
        paths: the pages.
        executed: a notebook's path → the notebook with its outputs.
    """
    said: list[Claim] = []
    known: dict[str, tuple[Source, str]] = {}
    found: list[str] = []
    for path in paths:
        page = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        said += claims(prose(path), page)
        if path.suffix != ".ipynb":
            continue
        notebook = json.loads(path.read_text(encoding="utf-8"))
        own = sources(notebook, page)
        found += [f"{page}: the number {name} is printed twice" for name in own if name in known]
        outputs = {cell["id"]: output(cell) for cell in executed(path)["cells"]} if own else {}
        known |= {name: (source, outputs[source.cell]) for name, source in own.items()}
    ids = [claim.id for claim in said]
    found += [f"two sentences have the number {name}" for name in sorted({one for one in ids if ids.count(one) > 1})]
    found += [f"{known[name][0].page}: no sentence has the number {name}" for name in known if name not in ids]
    return found + [problem for claim in said if (problem := _problem(claim, known))]


def hours(patterns: str) -> float | None:
    """Add up the hours of the manifests whose models have one of these names, `*` for any letters; None for none."""
    files = {file for pattern in patterns.split() for file in ZOO.glob(f"{pattern}.manifest.json")}
    return sum(json.loads(file.read_text(encoding="utf-8"))["hours"] for file in files) if files else None


def _shipped(kind: str, model: str, number: str) -> float | None:
    """What manifest or log of a model has; None if they have it not."""
    file = ZOO / f"{model}.{'log' if kind == 'curve' else 'manifest'}.json"
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    row, _, same = number.rpartition("/")
    if kind == "curve":
        curve = content.get("curves", {}).get(row, {"steps": [], "values": []})
        return dict(zip(map(str, curve["steps"]), curve["values"], strict=True)).get(same)
    return {"": content.get("metrics", {}), **content.get("baselines", {})}.get(row, {}).get(same)


def _problem(claim: Claim, known: dict[str, tuple[Source, str]]) -> str | None:
    """What is wrong with one claim; None if nothing is."""
    where = f"{claim.page}: “{claim.sentence}” says {claim.text} ({claim.id})"
    if claim.shipped:
        kind, what = claim.shipped
        model, _, number = what.partition(".") if kind != "hours" else (what, "", "hours")
        value = hours(what) if kind == "hours" else _shipped(kind, model, number)
        if value is None:
            return f"{where}, but the zoo has no {number} of {model}"
        file = {"zoo": "manifest", "curve": "log", "hours": "manifests"}[kind]
        return None if claim.holds(repr(value)) else f"{where}, but the {file} of {model} has {number} {value}"
    if claim.id not in known:
        return f"{where}, and no cell prints it"
    source, text = known[claim.id]
    match = re.search(source.pattern, text)
    if not match:
        return f"{where}, but {source.pattern!r} is not in what cell {source.cell} of {source.page} prints"
    if claim.holds(match[1]):
        return None
    return f"{where}, but cell {source.cell} of {source.page} prints {match[1]}"
