"""Submissions and the results of judging them: on disk one file a submission, so that nothing is judged twice."""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.judgement import Judgement, Verdict
from gmcourse.storage import write_text_atomically

SAVED = ".safetensors"  # what an open task made and keeps beside the notebook


@dataclass(frozen=True)
class Submission:
    """One notebook, or what a student handed in instead; once it was judged, with the judgement or the problem."""

    student: str
    name: str  # the path inside the folder, with /
    identifier: str = ""  # by which the learning platform knows the student
    late: bool = False
    problem: str = ""  # why there is nothing to judge, or what else there is to say
    judgement: Judgement | None = None
    fault: bool = False  # of the machine: it is tried again
    path: Path = Path()  # is not stored

    @property
    def slug(self) -> str:
        """A file name that is safe everywhere and unlike that of any other submission."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", self.name.removesuffix(".ipynb")).strip("-")[:60]
        return f"{plain}-{hashlib.sha256(os.fsencode(self.name)).hexdigest()[:8]}"


def shard(submissions: list[Submission], text: str | None) -> list[Submission]:
    """Take the I-th of N shares, `I/N` counted from 1."""
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
    """Hash everything that a result depends on."""
    content = b"" if submission.problem else notebook.content(submission.path)
    for path in sorted(submission.path.parent.iterdir()) if content else ():
        if path.suffix in (SAVED, ".py"):  # what the notebook may read
            with contextlib.suppress(ValueError):
                content += os.fsencode(path.name) + notebook.content(path)
    rest = f"{submission.problem}|{judge_version()}|{limits}"
    return hashlib.sha256(content + rest.encode("utf-8", "backslashreplace")).hexdigest()


def store(folder: Path, result: Submission, mark: str) -> None:
    """Write a result at once or not at all."""
    data = {"format": 2, "fingerprint": mark} | asdict(replace(result, path=Path()))
    del data["path"]
    write_text_atomically(folder / f"{result.slug}.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def recall(path: Path, mark: str | None = None) -> Submission | None:
    """A stored result; None if there is none, if it is broken, or if it is of another state of things."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        data = json.loads(path.read_text(encoding="utf-8"))
        version, stored = data.pop("format"), data.pop("fingerprint")
        if version == 2 and mark in (None, stored):
            if judged := data["judgement"]:
                verdicts = tuple(Verdict(**each) for each in judged["verdicts"])
                data["judgement"] = Judgement(judged["chapter"], judged["title"], verdicts)
            return Submission(**data)
    return None


def note_share(folder: Path, text: str, share: Iterable[Submission], done: bool) -> None:
    """Write down which share is judged into this folder, so that `merge` can name one that is missing or not done.

    It has what belongs to the share: results of hand-ins that are gone by now do not count.
    """
    number, of = map(int, text.split("/"))
    note = {"share": number, "of": of, "done": done, "slugs": [each.slug for each in share]}
    write_text_atomically(folder / f"share-{number}-of-{of}.json", json.dumps(note))


def merge(folders: Iterable[Path]) -> list[Submission]:
    """Read all results below these folders; of one submission judged twice, keep the first."""
    found: dict[str, Submission] = {}
    shares: dict[int, set[int]] = {}
    for folder in folders:
        results = [each for path in sorted(folder.rglob("*.json")) if (each := recall(path))]
        notes = [json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("share-*-of-*.json")]
        for note in notes:
            shares.setdefault(note["of"], set()).update([note["share"]] * note["done"])
        now = {slug for note in notes for slug in note["slugs"]}
        if not results and not notes:
            raise ValueError(f"{folder} has no results; expected one that `gmcourse grade --shard` wrote")
        for each in results:
            if not notes or each.slug in now:
                found.setdefault(each.name, each)
    for of, numbers in shares.items():
        if missing := sorted(set(range(1, of + 1)) - numbers):
            raise ValueError(f"of {of} shares these are missing, or not done: {', '.join(map(str, missing))}")
    return sorted(found.values(), key=lambda each: each.name)
