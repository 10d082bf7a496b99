"""A folder of hand-ins as it comes from a class or from a learning platform: whose is what, and what is it?

Understood are folders by student, files named `alice_04_vae.ipynb`, and what Moodle and Canvas give for download:
`Full Name_123_assignsubmission_file_/…` and `lastfirst_LATE_123_456_04_vae-1.ipynb`. Zips are opened. Only regular
files are read, and no link is followed, since it may lead to a neighbour's work.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.submissions import Submission
from gmcourse.storage import write_atomically

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)_?")
CANVAS = re.compile(r"(?P<name>\w+?)(?P<late>_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)")
SUFFIXES = (".ipynb", ".ipynb.txt", ".ipynb.json", ".ipynb.html")  # what browsers make of a notebook's name
SAVED = ".safetensors"  # what an open task made and keeps beside the notebook
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as its path says."""

    student: str
    identifier: str = ""
    late: bool = False


def collect(folder: Path, unpacked: Path) -> list[Submission]:
    """Find every notebook below the folder, and one entry for each student without any, in the order of their paths.

    Args:
        folder: the hand-ins.
        unpacked: where the notebooks of zips are put.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; expected one with the students' notebooks")
    found: list[Submission] = []
    others: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part in JUNK for part in parts):
            continue
        if len(parts) == 1 and path.suffix == SAVED:
            continue
        if path.is_dir() and not path.is_symlink():
            if len(parts) == 1:
                others.setdefault(parts[0], [])
            continue
        owner = owner_of(parts)
        entry = Submission(owner.student, "/".join(parts), path, owner.identifier, owner.late)
        if path.is_symlink():
            found.append(replace(entry, problem="a link was handed in; expected the file itself"))
        elif path.name.lower().endswith(SUFFIXES):
            found.append(entry)
        elif path.suffix.lower() == ".zip":
            found += _unzipped(entry, unpacked)
        elif len(parts) > 1:
            others.setdefault(parts[0], []).append(path.name)
        else:
            found.append(replace(entry, problem=f"{path.name} is no notebook; expected a file .ipynb"))
    handed_in = {each.name.partition("/")[0] for each in found}
    for name, files in others.items():
        if name not in handed_in:
            owner = owner_of((name, ""))
            there = f"; there is {', '.join(files[:3])}" if files else ""
            problem = f"no notebook was handed in{there}"
            found.append(
                Submission(owner.student, name, folder / name, owner.identifier, owner.late, problem)
            )
    if not found:
        raise ValueError(f"{folder} has no notebooks (.ipynb)")
    return sorted(found, key=lambda each: each.name)


def owner_of(parts: tuple[str, ...]) -> Owner:
    """Whose a file is: the first folder of its path says it, else what its name says besides the chapter."""
    if len(parts) > 1:
        if match := MOODLE.fullmatch(parts[0]):
            return Owner(match["name"], match["id"])
        return Owner(parts[0])
    if match := CANVAS.fullmatch(parts[0]):
        return Owner(match["name"], match["id"], bool(match["late"]))
    stem = re.sub(r"\.ipynb(\.\w+)?$|\.\w+$", "", parts[0], flags=re.IGNORECASE)
    for name in notebook.chapters():
        before, chapter, after = stem.partition(name)
        after = after.removeprefix("_exercises")
        if chapter and (rest := (before.strip(" _-") + " " + after.strip(" _-")).strip()):
            return Owner(rest)
    return Owner(stem)


def _unzipped(entry: Submission, unpacked: Path) -> Iterator[Submission]:
    """The notebooks of a zip, each as a submission of its own; only these, and what they saved, are unpacked."""
    try:
        with zipfile.ZipFile(entry.path) as archive:
            members = [info for info in archive.infolist() if _is_notebook(info)]
            if not members:
                yield replace(entry, problem="no notebook was handed in: the zip holds none")
            for info in archive.infolist():
                if info.filename.endswith(SAVED) and info.file_size <= notebook.LARGEST:
                    kept = unpacked / entry.slug / PurePosixPath(info.filename).name[-80:]
                    write_atomically(kept, archive.read(info))
            for number, info in enumerate(members):
                inside = replace(entry, name=f"{entry.name}/{info.filename}")
                if info.file_size > notebook.LARGEST:
                    size = f"{info.file_size >> 20} MB"
                    yield replace(
                        inside, problem=f"the notebook has {size}; clear its outputs and save it again"
                    )
                    continue
                with archive.open(info) as file:
                    content = file.read(notebook.LARGEST)
                target = unpacked / entry.slug / f"{number}_{PurePosixPath(info.filename).name[-80:]}"
                write_atomically(target, content)
                yield replace(inside, path=target)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        yield replace(entry, problem=f"the zip cannot be opened: {error}")


def _is_notebook(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = any(part.startswith(".") or part in JUNK for part in path.parts)
    return not info.is_dir() and not hidden and path.name.lower().endswith(SUFFIXES)
