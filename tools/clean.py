"""`make clean`: remove what was built. The environment and training runs stay."""

from __future__ import annotations

import shutil

from tools.environment import ROOT

BUILT = ("_build", "dist", "build", ".pytest_cache", ".mypy_cache", ".ruff_cache")


def main(words: list[str]) -> int:
    """Always 0: what is not there need not be removed."""
    for name in BUILT:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0
