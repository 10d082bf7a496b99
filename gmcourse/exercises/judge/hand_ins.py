"""A folder of hand-ins as it comes from a class or from a learning platform: whose is what, and what is it?

Understood are folders by student, files named `alice_04_vae.ipynb`, and what Moodle and Canvas give for download:
`Full Name_123_assignsubmission_file/…` and `lastfirst_LATE_123_456_04_vae-1.ipynb`. Zips are opened, also in zips.
Only regular files are read, and no link is followed, since it may lead to a neighbour's work.
"""

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.submissions import SAVED, Submission
from gmcourse.storage import write_atomically

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_[a-z]+(_.*)?")
CANVAS = re.compile(
    r"((?P<anonymous_late>LATE_)?(?P<anonymous>anon_[A-Za-z0-9]{5})|(?P<name>\w+?)(?P<late>_LATE)?_(?P<id>\d+))"
    r"_(\d+_.+|(text|link)\.html)"
)
SUFFIXES = (".ipynb", ".ipynb.txt", ".ipynb.json", ".ipynb.html")  # what browsers make of a notebook's name
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")
DEPTH, MOST = 3, 20  # zips in zips, notebooks in one


def collect(folder: Path, unpacked: Path) -> list[Submission]:
    """Find every notebook below the folder, and one entry for each student without any, in the order of their paths.

    The notebooks of zips are put into `unpacked`; an `OSError` says that nothing can be written there.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; expected one with the students' notebooks, unpacked")
    found: list[Submission] = []
    others: dict[tuple[str, str], tuple[Submission, list[str]]] = {}  # what came besides notebooks
    closed: list[OSError] = []
    for path in _below(folder, closed):
        parts, is_folder = path.relative_to(folder).parts, os.path.isdir(path)
        student, identifier, late = owner_of((*parts, "") if is_folder else parts)
        entry = Submission(student, "/".join(parts), identifier, late, path=path)
        if os.path.islink(path):
            found.append(replace(entry, problem="a link was handed in; expected the file itself"))
        elif path.suffix == SAVED:
            continue
        elif path.name.lower().endswith(SUFFIXES) and not is_folder:
            found.append(entry)
        elif path.suffix.lower() == ".zip" and not is_folder:
            found += _unzipped(entry, unpacked, [])
        else:
            _, names = others.setdefault((student, identifier), (entry, []))
            names += [] if is_folder else [path.name]
    handed_in = {(each.student, each.identifier) for each in found}
    for who, (entry, names) in others.items():
        if who not in handed_in:
            there = f"; there is {', '.join(names[:3])}" if names else ""
            own = folder / Path(entry.name).parts[0]
            there += "".join(f"; {each}" for each in closed if Path(each.filename).is_relative_to(own))
            found.append(replace(entry, problem=f"no notebook (.ipynb) was handed in{there}"))
    if not found:
        raise ValueError(f"{folder} has no notebooks (.ipynb)")
    return sorted(found, key=lambda each: each.name)


def _below(folder: Path, closed: list[OSError]) -> Iterator[Path]:
    """Every file below a folder, and the folders directly in it; `closed` gathers what cannot be looked into."""
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not _is_junk(name))
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        top = folders if place == str(folder) else links
        yield from (Path(place, name) for name in sorted({*top, *files}) if not _is_junk(name))


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name in JUNK


def owner_of(parts: tuple[str, ...]) -> tuple[str, str, bool]:
    """Say whose a file is, by its path: the student, the platform's number for them, and whether it came late.

    The first folder says it, else what the name says besides the chapter.
    """
    if match := MOODLE.fullmatch(parts[0]):
        return match["name"], match["id"], False
    if len(parts) > 1:
        return parts[0], "", False
    if match := CANVAS.fullmatch(parts[0]):
        late = bool(match["late"] or match["anonymous_late"])
        return match["name"] or match["anonymous"], match["id"] or "", late
    stem = re.sub(r"\.ipynb(\.\w+)?$|\.\w+$", "", parts[0], flags=re.IGNORECASE)
    for name in notebook.chapters():
        around = re.split(rf"{name}(?:_exercises)?", stem, maxsplit=1, flags=re.IGNORECASE)
        if len(around) > 1 and (rest := " ".join(part.strip(" _-") for part in around).strip()):
            return rest, "", False
    return stem, "", False


def _unzipped(entry: Submission, unpacked: Path, sizes: list[int], depth: int = 1) -> Iterator[Submission]:
    """The notebooks of a zip, each as a submission of its own; only these, and what they saved, are unpacked.

    `sizes` gathers the bytes of all that comes out of one hand-in: a small zip of zips may hold thousands of them.
    """
    try:
        members = _members(entry.path, sizes)
    except Exception as error:  # a zip can be damaged in many ways
        yield replace(entry, problem=f"the zip cannot be opened: {error or type(error).__name__}")
        return
    place = unpacked / entry.slug
    for old in {*place.glob(f"*{SAVED}")} - {place / _plain(name) for name in members}:
        old.unlink()  # of an earlier hand-in
    if all(name.endswith(SAVED) for name in members):
        yield replace(entry, problem="no notebook was handed in: the zip holds none")
    for number, (name, content) in enumerate(members.items()):
        plain, is_zip = _plain(name), name.lower().endswith(".zip")
        inside = replace(entry, name=f"{entry.name}/{name}", path=place / f"{number}_{plain}")
        if name.endswith(SAVED):
            write_atomically(place / plain, content)
        elif is_zip and depth == DEPTH:
            yield replace(inside, problem="a zip in a zip in a zip was handed in; expected the notebook")
        else:
            write_atomically(inside.path, content)
            yield from _unzipped(inside, unpacked, sizes, depth + 1) if is_zip else (inside,)


def _plain(name: str) -> str:
    """The name of a file in a zip as one that every system holds."""
    return re.sub(r"[^\w.-]", "_", PurePosixPath(name).name[-80:], flags=re.ASCII)


def _members(path: Path, sizes: list[int]) -> dict[str, bytes]:
    """Read the notebooks and zips in a zip, by their names in there, and add their sizes."""
    if not path.is_file():
        raise ValueError("it is no regular file")
    with zipfile.ZipFile(path) as archive:
        wanted = [
            info
            for info in archive.infolist()
            if info.filename.lower().endswith((*SUFFIXES, SAVED, ".zip"))
            and not any(_is_junk(part) for part in PurePosixPath(info.filename).parts if part != "..")
        ]
        sizes += [info.file_size for info in wanted]
        if len(sizes) > MOST or sum(sizes) > notebook.LARGEST:
            most = f"expected at most {MOST} of {notebook.LARGEST >> 20} MB together"
            raise ValueError(f"notebooks in it: {len(sizes)}, {sum(sizes) >> 20} MB; {most}")
        return {info.filename: archive.read(info) for info in wanted}
