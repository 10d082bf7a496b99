"""`python -m tools.exercises build | table | share`: for those who write exercises."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three words, each with its own arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="build|table|share")
    build = words.add_parser("build", help="generate the handed-out notebooks from the solved ones")
    build.add_argument("--root", type=Path, default=Path("."), help="the course's folder (default: here)")
    build.add_argument("--check", action="store_true", help="write nothing; exit 1 if something is stale")
    table = words.add_parser("table", help="print every exercise with its wrong answers and what they are told")
    table.add_argument("chapters", nargs="*", metavar="CHAPTER", help="vae, glow, … (default: all)")
    table.add_argument("--output", type=Path, help="write it there instead of printing it")
    share = words.add_parser("share", help="print how many wrong answers hear their reason, and what chance does")
    share.add_argument("chapters", nargs="*", metavar="CHAPTER", help="vae, glow, … (default: all)")
    share.add_argument("--repeats", type=int, default=3, metavar="N", help="seeds for each answer (default: 3)")
    share.add_argument("--only", metavar="EXERCISE", help="this exercise alone")


def main(words: list[str] | None = None) -> int:
    """Build or print; the exit status is 1 only if `build --check` finds a stale file."""
    parser = argparse.ArgumentParser(prog="python -m tools.exercises", description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args(words)
    if arguments.word == "build":
        from tools.exercises import build

        if arguments.check:
            stale = build.stale(arguments.root)
            for path in stale:
                print(f"stale: {path}; run `python -m tools.exercises build`")
            return 1 if stale else 0
        for path in build.write(arguments.root):
            print(f"written: {path}")
        return 0

    if arguments.word == "share":
        from tools.exercises import share

        reports, named = share.lines(arguments.chapters or None, arguments.repeats, arguments.only)
        print("\n".join(reports))
        return 0 if named >= 0.95 else 1

    from tools.exercises import table

    text = table.markdown(arguments.chapters or None)
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
