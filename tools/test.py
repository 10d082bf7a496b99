"""`make test`: lint and types, the package, exercises both ways, solutions, the site in a browser."""

from __future__ import annotations

from tools.check import LINT, UNIT, run

SOLUTIONS = [
    "pytest",
    "notebooks/solutions",
    "--nbval-lax",
    "--nbval-current-env",
    "-n",
    "2",
    "--dist",
    "loadscope",
]
# One browser at a time: two of them on two cores time each other out.
SITE = ["pytest", "tests/site"]


def main(words: list[str]) -> int:
    """Exit status 1 if anything failed. The browser tests are last: their summary closes the run."""
    return min(run((*LINT, SOLUTIONS, UNIT, SITE)), 1)
