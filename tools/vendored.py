"""Writes the table of vendored files in THIRD_PARTY.md, with a hash each: `python -m tools.vendored`."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tools.environment import ROOT

FOLDERS = ("book/_static/vendor", "tests/site/vendor")
BEGIN, END = "<!-- hashes -->\n", "<!-- /hashes -->\n"


def hashes() -> dict[str, str]:
    """Compute sha256 of every vendored file, by its path."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    return {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def table() -> str:
    """The list as it stands in THIRD_PARTY.md, in the format of `sha256sum --check`."""
    return "```\n" + "".join(f"{digest}  {path}\n" for path, digest in hashes().items()) + "```\n"


def main(page: Path = ROOT / "THIRD_PARTY.md") -> int:
    """Put the present table between the two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
