"""The student's own folder: `make lab` opens it, git does not track it, and no update overwrites work in it.

An update compares three states of each file, as `git merge` does: what was handed out last, what the student has now,
and what the course has now. What counts of a notebook is what somebody wrote, its cells: one that was only run is
untouched. A hub keeps one course for all: `python -m tools.own_folder FOLDER` brings one student's folder up to date.
Solutions are handed out where `GMCOURSE_SOLUTIONS` names their chapters (`tools/solutions.py`), and stay then.
"""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from gmcourse.storage import write_atomically, write_text_atomically
from tools import solutions
from tools.environment import ROOT

PAGES = ("after", "errata", "glossary", "how_close", "notation")  # that lessons and exercises link to
HANDED_OUT = (
    "notebooks/*.ipynb",
    "notebooks/exercises/*_exercises.ipynb",
    "book/tools.ipynb",
    *(f"book/{page}.md" for page in PAGES),
    "book/_static/diagrams/*.svg",
    "book/_static/live/stills/*.png",
)
MEMORY = ".handed_out.json"
WORDS = {
    "new": "New",
    "renewed": "Renewed, for you had not changed them",
    "beside": "Changed by you and by the course: yours stays, the course's new one lies beside it",
    "gone": "No longer part of the course, and you had not changed them: removed",
}


@dataclass(frozen=True)
class Change:
    """What an update did with one file: a word of `WORDS`; `beside` is where the new one lies."""

    what: str
    name: str
    beside: str = ""


def place() -> Path:
    """Find the student's folder: `GMCOURSE_FOLDER`, else `my_course` in the course's folder."""
    return Path(os.environ.get("GMCOURSE_FOLDER") or ROOT / "my_course").expanduser().absolute()


def written(content: bytes) -> str:
    """Hash what somebody wrote: of a notebook, the text of its cells; of another file, all of it."""
    try:
        cells = [[cell["cell_type"], "".join(cell["source"])] for cell in json.loads(content)["cells"]]
        content = json.dumps(cells).encode()
    except (ValueError, KeyError, TypeError):
        pass  # no notebook, or a broken one
    return hashlib.sha256(content).hexdigest()


def _remembered(folder: Path) -> dict[str, str]:
    """What was handed out last, by name; without a memory, every file that differs counts as changed."""
    try:
        return dict(json.loads((folder / MEMORY).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _lay_beside(path: Path, content: bytes) -> Path:
    """Write the course's file under a name that is free, or has it already."""
    number = 1
    while True:
        end = "_new" if number == 1 else f"_new_{number}"
        free = path.with_stem(path.stem + end)
        if not free.exists():
            write_atomically(free, content)
        if written(free.read_bytes()) == written(content):
            return free
        number += 1


def update(course: Path, folder: Path) -> list[Change]:
    """Bring a student's folder to the course's present state, and say what was done.

    Raises:
        RuntimeError: something in it cannot be written.
    """
    try:
        return _update(course, folder)
    except OSError as error:
        cure = "set GMCOURSE_FOLDER to a folder of your own"
        raise RuntimeError(
            f"{error.filename or folder} cannot be written ({error.strerror or error}); {cure}"
        ) from None


def _update(course: Path, folder: Path) -> list[Change]:
    before, changes = _remembered(folder), []
    files = [path for pattern in HANDED_OUT for path in sorted(course.glob(pattern))]
    released = solutions.shown("none", course)
    for name in solutions.chapters(course):
        path = solutions.solved(name, course)
        if name in released or (path.relative_to(course).as_posix() in before and path.is_file()):
            files.append(path)
    given = {path.relative_to(course).as_posix(): path.read_bytes() for path in files}
    for name, content in given.items():
        path, theirs = folder / name, written(content)
        mine = written(path.read_bytes()) if path.is_file() else None
        if mine is None or (mine == before.get(name) != theirs):
            write_atomically(path, content)
            changes.append(Change("new" if mine is None else "renewed", name))
        elif mine != theirs != before.get(name):
            beside = _lay_beside(path, content)
            changes.append(Change("beside", name, beside.relative_to(folder).as_posix()))
    for name in sorted(before.keys() - given.keys()):
        path = folder / name
        if path.is_file() and written(path.read_bytes()) == before[name]:
            path.unlink()
            changes.append(Change("gone", name))
    after = {name: written(content) for name, content in given.items()}
    write_text_atomically(folder / MEMORY, json.dumps(after, indent=1))
    return changes


def report(folder: Path, changes: list[Change]) -> str:
    """The changes in words; of what is new in a folder, only how many files."""
    lines = [f"Your folder is {folder}. Work in it: git does not track it, and an update leaves your work alone."]
    for what, words in WORDS.items():
        found = [each for each in changes if each.what == what]
        if found and what == "new":
            lines.append(f"{words}: {len(found)} files.")
        elif found:
            lines.append(f"{words}:")
            lines += [f"  {each.name}" + (f" → {each.beside}" if each.beside else "") for each in found]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    """Bring a folder up to date. A word is another folder than `place` says."""
    folder = Path(words[0]).absolute() if words else place()
    print(report(folder, update(ROOT, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
