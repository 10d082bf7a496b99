"""A hook for commits: `python -m tools.subject FILE` refuses a subject of more than 72 characters."""

from __future__ import annotations

import sys
from pathlib import Path

LONGEST = 72


def problem(message: str) -> str:
    """What is wrong with the first line of a commit's message; "" where nothing is."""
    lines = message.splitlines() or [""]
    if not lines[0].strip():
        return "the message has no subject; its first line says what the commit does"
    if len(lines[0]) > LONGEST:
        return f"the subject has {len(lines[0])} characters; expected at most {LONGEST}. The body says why"
    if len(lines) > 1 and lines[1].strip():
        return "the second line is not empty; the body begins on the third"
    return ""


def main(words: list[str]) -> int:
    """Exit status 1, and the reason, for a message that is not in order."""
    found = problem(Path(words[0]).read_text(encoding="utf-8"))
    if found:
        print(found, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
