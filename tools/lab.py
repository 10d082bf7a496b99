"""`make lab`: JupyterLab on the notebooks, for class."""

from __future__ import annotations

import subprocess
import sys

from tools.environment import ROOT


def main(words: list[str]) -> int:
    """Open JupyterLab; further words are passed on to it."""
    return subprocess.call([sys.executable, "-m", "jupyter", "lab", "notebooks", *words], cwd=ROOT)
