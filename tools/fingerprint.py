"""What the site is made of, as hashes: has anything changed since it was last built?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.environment import ROOT, wanted

# What a lesson computes depends on these; exercises and tests have no part in it.
PACKAGE = ("gmcourse", "gmcourse_recipes")
SITE = ("_config.yml", "_toc.yml", "book", "notebooks", *PACKAGE, "tools")
IGNORED = {"__pycache__", ".ipynb_checkpoints"}


def files(roots: Iterable[str]) -> Iterator[Path]:
    """List every file below the given files and folders, in a fixed order, caches left out."""
    for name in roots:
        root = ROOT / name
        found = [root] if root.is_file() else sorted(root.rglob("*"))
        yield from (path for path in found if path.is_file() and not IGNORED & set(path.parts))


def of(roots: Iterable[str], *more: str) -> str:
    """Hash the names and contents of all files below, the installed versions, and more words."""
    total = hashlib.sha256("\0".join([wanted(), *more]).encode())
    for path in files(roots):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Stamp:
    """A file that remembers one hash."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def matches(self, digest: str) -> bool:
        """Whether this hash was the last one written."""
        return self.path.is_file() and self.path.read_text(encoding="utf-8") == digest

    def write(self, digest: str) -> None:
        """Remember the fingerprint for next time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(digest, encoding="utf-8")

    def forget(self) -> None:
        """Remember no fingerprint, so that all is done anew."""
        self.path.unlink(missing_ok=True)
