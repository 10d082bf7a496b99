"""`make lab`: JupyterLab on the notebooks, for class."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.environment import ROOT


def main(words: list[str]) -> int:
    """Open JupyterLab; further words are passed on to it. Its terminals know the `gmcourse` command."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", "jupyter", "lab", "notebooks", *words]
    return subprocess.call(command, cwd=ROOT, env={**os.environ, "PATH": path})
