"""Names that a file system can hold, for whatever takes names of others."""

from __future__ import annotations

import os
from pathlib import Path

NAMES = (
    b"with space",
    b'it\'s "quoted"',
    b"new\nline",
    b"\xff\xfe no UTF-8",
    b"<script>alert(1)<script>",
    "🙂 Ж é".encode(),
    b"-rf",
    b"--help",
    b"=1+1",
    b"%s {0} $HOME `id` \\ ; & | * ?#",
    b"\x1b[2J\x07",
    "\u202egnp.exe".encode(),
    b"a,b;c\td",
    b"x" * 200,
)


def hostile(folder: Path) -> list[str]:
    """Those names that the file system of this folder takes."""
    found = []
    for name in map(os.fsdecode, NAMES):
        try:
            (folder / name).touch()
            (folder / name).unlink()
        except (OSError, ValueError):
            continue
        found.append(name)
    return found
