"""Notebooks as the judge sees them: cells, their markers, and the templates that ship with the package.

A notebook is read as plain JSON and forgivingly: Jupyter, Colab and VS Code write formats 4.0 to 4.5, with
cell ids or without, and students' files have been through all three.
"""

import json
import re
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parents[1] / "templates"
LESSON = "viz.style()"  # every lesson's first cell has it, and no exercise
LARGEST = 200 * 2**20  # bytes; a notebook beyond this holds something else

MARKER = re.compile(r"^[ \t]*#[ \t]*(exercise|check)[ \t]*:[ \t]*(\w+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
SET_UP = re.compile(r"\A\s*#[ \t]*(set-up|colab)\b", re.IGNORECASE)
HEAD = re.compile(r"^## +(.*)\n\s*(★+)\s*·\s*(\d+)\s*minutes", re.MULTILINE)
HINT = re.compile(r"<details>\s*<summary>\s*Hint \d+\s*</summary>(.*?)</details>", re.DOTALL)


class NotANotebook(ValueError):
    """The file cannot be read as a notebook; the message says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell: what kind, its text, and the id by which it may be found again."""

    kind: str
    source: str
    id: str = ""

    @property
    def is_code(self) -> bool:
        """Whether the cell is code; Markdown and raw cells are never run."""
        return self.kind == "code"

    @property
    def is_set_up(self) -> bool:
        """Whether this is the shipped cell with imports and seed."""
        return self.is_code and bool(SET_UP.match(self.source))

    def marked(self, word: str) -> list[str]:
        """List the exercises that its `# exercise: …` (or `# check: …`) lines name."""
        return [name for kind, name in MARKER.findall(self.source) if kind.lower() == word]


@dataclass(frozen=True)
class Exercise:
    """What the judge knows of one exercise: all of it is read from the template."""

    name: str
    title: str
    stars: int
    minutes: int
    hints: tuple[str, ...]
    check: str  # the source of the shipped check cell


@dataclass(frozen=True)
class Chapter:
    """A handed-out notebook: `04_vae` of `04_vae_exercises.ipynb`, with its exercises in order."""

    name: str
    slug: str  # the name without its number: `vae`
    title: str  # the first heading
    set_up: str  # the shipped set-up cells
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]

    def marker_of(self, cell: Cell) -> list[str]:
        """The exercises a student's cell answers: by its marker, else by the id that the cell was shipped with."""
        names = cell.marked("exercise")
        if names or not cell.is_code:
            return names
        shipped = {each.id: each.marked("exercise") for each in self.cells if each.id}
        return shipped.get(cell.id, [])


def read(path: Path) -> tuple[list[Cell], dict[str, Any]]:
    """Read a notebook's cells and metadata; what is missing, a folder, too large or no JSON is `NotANotebook`."""
    found = content(path)
    try:
        data = json.loads(found)  # in UTF-8, 16 or 32
    except (ValueError, RecursionError) as error:  # a number of a million digits is a ValueError, too
        reason = "it is empty" if not found else f"it is not JSON ({error})"
        raise NotANotebook(f"{path} is not a notebook: {reason}; download or save it as .ipynb") from None
    if not isinstance(data, dict):
        raise NotANotebook(f"{path} is not a notebook: expected a JSON object with cells")
    raw, sheets = data.get("cells"), data.get("worksheets")
    if raw is None and isinstance(sheets, list):  # format 3
        parts = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        raw = [cell for part in parts if isinstance(part, list) for cell in part]
    if not isinstance(raw, list):
        raise NotANotebook(f"{path} is not a notebook: it has no list of cells")
    return [_cell(each) for each in raw if isinstance(each, dict)], _metadata(data)


def content(path: Path) -> bytes:
    """Read the bytes of a regular file of moderate size: no pipe that never ends, no device, no folder."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise NotANotebook(f"{path} is a folder; expected one notebook (`gmcourse grade` takes folders)")
        if not stat.S_ISREG(found.st_mode):
            raise NotANotebook(f"{path} is no regular file; expected a notebook")
        if found.st_size > LARGEST:
            raise NotANotebook(f"{path} has {found.st_size >> 20} MB; clear its outputs and save it again")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotANotebook(f"{path} is not there") from None
    except OSError as error:
        raise NotANotebook(f"{path} cannot be read: {error.strerror}") from None


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a notebook or a cell; what is malformed counts as none."""
    metadata = raw.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _cell(raw: dict[str, Any]) -> Cell:
    """One cell out of JSON of any format; what is malformed counts as empty."""
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    text = source.replace("\r\n", "\n") if isinstance(source, str) else ""
    text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair, which no kernel takes
    return Cell(str(raw.get("cell_type", "raw")), text, str(raw.get("id") or _metadata(raw).get("id") or ""))


def marked_solved(cells: list[Cell]) -> tuple[int, int]:
    """Count the answers between the two marks that only the course's solved notebook has, and all answers."""
    answers = [cell for cell in cells if cell.is_code and cell.marked("exercise")]
    return sum("### BEGIN SOLUTION" in cell.source for cell in answers), len(answers)


@cache
def chapters() -> dict[str, Chapter]:
    """List every handed-out notebook that this package ships, by name."""
    return {each.name: each for each in map(_chapter, sorted(TEMPLATES.glob("*.ipynb")))}


def _chapter(path: Path) -> Chapter:
    """Read a handed-out notebook. The text before a check belongs to its exercise."""
    (cells, _), name, found, text = read(path), path.stem.removesuffix("_exercises"), [], ""
    for cell in cells:
        if not cell.is_code:
            text = cell.source if cell.source.startswith("## ") else text + "\n" + cell.source
        for exercise in cell.marked("check") if cell.is_code else ():
            ((title, stars, minutes),) = HEAD.findall(text)
            hints = tuple(hint.strip() for hint in HINT.findall(text))
            found.append(Exercise(exercise, title.strip(), len(stars), int(minutes), hints, cell.source))
    first = next(cell.source for cell in cells if not cell.is_code).lstrip("# ").splitlines()[0]
    set_up = "\n\n".join(cell.source for cell in cells if cell.is_set_up)
    return Chapter(name, name.partition("_")[2], first, set_up, tuple(cells), tuple(found))


def chapter(name: str) -> Chapter:
    """Find the chapter with this name (`04_vae`) or slug (`vae`)."""
    for each in chapters().values():
        if name in (each.name, each.slug):
            return each
    raise ValueError(f"no chapter with exercises is called {name!r}; there are {', '.join(chapters())}")


def chapter_of(path: Path, cells: list[Cell], metadata: dict[str, Any]) -> Chapter:
    """Which chapter a student's notebook belongs to: its metadata say so, else its markers, else the file's name."""
    known = chapters()
    noted = metadata.get("gmcourse")
    if isinstance(noted, dict) and isinstance(noted.get("exercises"), str) and noted["exercises"] in known:
        return known[noted["exercises"]]
    code = [cell for cell in cells if cell.is_code]
    names = {name for cell in code for name in cell.marked("exercise") + cell.marked("check")}
    shared = {key: len(names & {each.name for each in value.exercises}) for key, value in known.items()}
    best = max(shared, key=lambda key: shared[key], default="")
    if best and shared[best]:
        return known[best]
    if any(LESSON in cell.source for cell in code):
        raise NotANotebook(f"{path} is a lesson, not its exercises; hand in the file called …_exercises.ipynb")
    for key, value in known.items():
        if key in path.stem or re.search(rf"(^|[^a-z0-9]){value.slug}([^a-z0-9]|$)", path.stem.lower()):
            return value
    fault = "no cell begins with `# exercise: …`, and its name is that of no chapter"
    raise NotANotebook(f"{path} has no exercise of this course: {fault} ({', '.join(known)})")
