"""`make lab`: JupyterLab on the notebooks, for class."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.environment import ROOT


def command(*words: str) -> list[str]:
    """What starts it; further words are passed on.

    The course's folder is the root and not `notebooks/`, for lessons link to pages and pictures in `book/`.
    """
    start = ["--ServerApp.root_dir", str(ROOT), "--LabApp.default_url", "/lab/tree/notebooks"]
    return [sys.executable, "-m", "jupyter", "lab", *start, *words]


def main(words: list[str]) -> int:
    """Open JupyterLab. Its terminals know the `gmcourse` command."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.call(command(*words), cwd=ROOT, env={**os.environ, "PATH": path})
