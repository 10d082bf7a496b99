"""`make check`: what every commit must pass. Lint, format, types, examples, unit tests; under two minutes."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.environment import ROOT

LINT = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
UNIT = ["pytest", "tests", "--ignore=tests/site", "--ignore=tests/benchmarks", "-n", "2"]
# Examples in docstrings are run as tests.
DOCTESTS = ["pytest", "gmcourse", "tools", "--doctest-modules"]
QUICK = [*UNIT, "-m", "not slow"]


def run(steps: tuple[list[str], ...], **settings: str) -> int:
    """Run every step even if one fails, with more environment variables; return the number of those that did."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **settings}
    failed = []
    for step in steps:
        print(f"— {' '.join(step)}", flush=True)
        if subprocess.call([sys.executable, "-m", *step], cwd=ROOT, env=environment) != 0:
            failed.append(step[0] + (f" {step[1]}" if len(step) > 1 else ""))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


def main(words: list[str]) -> int:
    """Return exit status 1 if anything failed."""
    return min(run((*LINT, DOCTESTS, QUICK)), 1)
