"""`make check`: what every commit must pass. Lint, format, types, examples, unit tests; under two minutes."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.environment import ROOT

LINT = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
# Examples in docstrings are tests, too. Notebooks are not: without its plugin for them pytest starts faster. It does
# not listen to loggers either: to watch torch's sixty in every phase costs more than most tests. A worker begins with
# one half of the tests, in their order, so that what neighbours share is computed once; who is done first takes over
# some of the other's.
UNIT = [
    *("pytest", "tests", "gmcourse", "gmcourse_recipes", "tools", "--doctest-modules"),
    *("--ignore=tests/site", "--ignore=tests/benchmarks", "-p", "no:nbval", "-p", "no:logging"),
    *("-n", "2", "--dist", "worksteal"),
]
QUICK = [*UNIT, "-m", "not slow"]
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # a test on two threads waits for the second without keeping the other worker from its core
    "OMP_WAIT_POLICY": "passive",
}


def run(steps: tuple[list[str], ...], **settings: str) -> int:
    """Run every step even if one fails, with more environment variables; return the number of those that did."""
    environment = {**os.environ, **SETTINGS, **settings}
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
    return min(run((*LINT, QUICK)), 1)
