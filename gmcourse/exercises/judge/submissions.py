"""A folder of submissions: who handed in what, and the results on disk, one file a submission."""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.judgement import Judgement
from gmcourse.storage import write_text_atomically


@dataclass(frozen=True)
class Submission:
    """One notebook, or a student's folder without one."""

    student: str
    name: str  # the path inside the folder, with /
    path: Path

    @property
    def slug(self) -> str:
        """A file name that is safe everywhere and unlike that of any other submission."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", self.name.removesuffix(".ipynb")).strip("-")[:60]
        return f"{plain}-{hashlib.sha256(os.fsencode(self.name)).hexdigest()[:8]}"


@dataclass(frozen=True)
class Result:
    """The result of judging a submission: a judgement, or the problem that left none."""

    student: str
    name: str
    slug: str
    judgement: Judgement | None
    problem: str = ""
    seconds: float = 0.0


def collect(folder: Path) -> list[Submission]:
    """Every notebook below the folder, in the order of its path.

    The student is the first folder of the path (`alice/04_vae_exercises.ipynb`), else what the file's name says
    besides the chapter (`alice_04_vae_exercises.ipynb`).

    Raises:
        ValueError: no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; expected one with the students' notebooks")
    found = []
    for path in folder.rglob("*.ipynb"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in parts):
            found.append(Submission(_student(parts), "/".join(parts), path))
    handed_in = {each.name.partition("/")[0] for each in found}
    folders = [each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")]
    found += [Submission(each.name, each.name, each) for each in folders if each.name not in handed_in]
    if not found:
        raise ValueError(f"{folder} has no notebooks (.ipynb)")
    return sorted(found, key=lambda each: each.name)


def _student(parts: tuple[str, ...]) -> str:
    if len(parts) > 1:
        return parts[0]
    stem = parts[0].removesuffix(".ipynb").replace("_exercises", "")
    for name in notebook.chapters():
        before, found, after = stem.partition(name)
        if found and (rest := (before.strip(" _-") + " " + after.strip(" _-")).strip()):
            return rest
    return stem


def shard(submissions: list[Submission], text: str | None) -> list[Submission]:
    """The I-th of N shares, `I/N` counted from 1.

    Raises:
        ValueError: it is not of this form.
    """
    if text is None:
        return submissions
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"--shard is {text!r}; expected I/N with 1 ≤ I ≤ N, such as 2/4")
    return submissions[int(match[1]) - 1 :: int(match[2])]


@cache
def judge_version() -> str:
    """Changes when the checks, the judge or the handed-out notebooks do: old results then count no more."""
    digest = hashlib.sha256()
    here = Path(__file__).parents[1]
    for path in sorted([*here.rglob("*.py"), *notebook.TEMPLATES.glob("*.ipynb")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def fingerprint(submission: Submission, limits: str) -> str:
    """A hash of everything that a result depends on."""
    content = submission.path.read_bytes() if submission.path.is_file() else b""
    return hashlib.sha256(content + judge_version().encode() + limits.encode()).hexdigest()


def store(folder: Path, result: Result, mark: str) -> None:
    """Write a result at once or not at all."""
    data = {"format": 1, "fingerprint": mark} | asdict(result)
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    write_text_atomically(folder / f"{result.slug}.json", text)


def recall(path: Path, mark: str | None = None) -> Result | None:
    """A stored result; None if there is none, if it is broken, or if it is of another state of things."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        data = json.loads(path.read_text(encoding="utf-8"))
        version, stored = data.pop("format"), data.pop("fingerprint")
        if version == 1 and mark in (None, stored):
            judged = data.pop("judgement")
            return Result(**data, judgement=Judgement.from_json(judged) if judged else None)
    return None


def merge(folders: Iterable[Path]) -> list[Result]:
    """All results below these folders; of one submission judged twice, the first.

    Raises:
        ValueError: a folder holds no results.
    """
    found: dict[str, Result] = {}
    for folder in folders:
        results = [each for path in sorted(folder.rglob("*.json")) if (each := recall(path))]
        if not results:
            raise ValueError(f"{folder} has no results; expected one that `gmcourse grade --shard` wrote")
        for each in results:
            found.setdefault(each.name, each)
    return sorted(found.values(), key=lambda each: each.name)
