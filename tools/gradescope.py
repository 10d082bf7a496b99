"""`python -m tools.gradescope 04_vae`: the zip that Gradescope takes as an autograder for one chapter.

It holds `setup.sh`, which installs the course into Gradescope's container, `run_autograder`, and the course itself
without weights, which no check needs, and without answers; with `--extra FILE` a teacher's own checks. Written from
Gradescope's documentation, and run here up to the container.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

from gmcourse.exercises.judge import notebook
from gmcourse.exercises.judge.judged_copy import functions_of
from gmcourse.storage import write_atomically
from tools.environment import ROOT

SETUP = """#!/usr/bin/env bash
set -euo pipefail
apt-get update
# Ubuntu's own python3 may be too old; its releases have different newer ones beside it.
for version in 3.13 3.12 3.11; do
    if apt-get install -y --no-install-recommends "python$version" "python$version-venv"; then break; fi
done
"python$version" -m venv /autograder/environment
/autograder/environment/bin/pip install --no-cache-dir "/autograder/source/course[class]"
"""
EXTRA = "/autograder/source/extra.py"
RUN = """#!/usr/bin/env bash
set -euo pipefail
mkdir -p /autograder/results
/autograder/environment/bin/python /autograder/source/grade.py \\
    /autograder/submission {chapter} {points:g} /autograder/results/results.json{extra}
"""


def packed(chapter: str, points: float, extra: Path | None = None) -> bytes:
    """The zip as bytes; scripts in it can be executed. `extra` is a teacher's file of further checks."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("setup.sh", SETUP),
            (
                "run_autograder",
                RUN.format(chapter=chapter, points=points, extra=" " + EXTRA if extra else ""),
            ),
        ):
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = 0o100755 << 16
            archive.writestr(info, text)
        archive.write(ROOT / "tools" / "gradescope_run.py", "grade.py")
        if extra:
            functions_of(extra)  # refused here, and not by the container
            archive.write(extra, "extra.py")
        for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md"):
            archive.write(ROOT / name, f"course/{name}")
        for path in sorted([*(ROOT / "gmcourse").rglob("*"), *(ROOT / "gmcourse_recipes").rglob("*.py")]):
            if path.is_file() and path.suffix not in (".pyc", ".safetensors"):
                archive.write(path, f"course/{path.relative_to(ROOT).as_posix()}")
    return file.getvalue()


def main(words: list[str]) -> int:
    """Write the zip and say where."""
    parser = argparse.ArgumentParser(prog="python -m tools.gradescope")
    parser.add_argument("chapter", choices=sorted(notebook.chapters()))
    parser.add_argument("--points", type=float, default=10.0, help="for all exercises together, by their stars")
    parser.add_argument("--extra", type=Path, metavar="FILE", help="further checks of your own, in one file")
    parser.add_argument("--target", type=Path, help="the zip; default: CHAPTER_gradescope.zip")
    arguments = parser.parse_args(words)
    target = arguments.target or Path(f"{arguments.chapter}_gradescope.zip")
    write_atomically(target, packed(arguments.chapter, arguments.points, arguments.extra))
    print(f"{target}: upload it as the autograder of {arguments.chapter}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
