"""`make lab`: JupyterLab on the student's own folder, for class."""

import os
import subprocess
import sys
from pathlib import Path

from tools import own_folder
from tools.environment import ROOT


def command(folder: Path, *words: str) -> list[str]:
    """What starts it; further words are passed on.

    The folder is the root and not its `notebooks/`, for lessons link to pages and pictures in `book/`.
    """
    start = ["--ServerApp.root_dir", str(folder), "--LabApp.default_url", "/lab/tree/notebooks"]
    return [sys.executable, "-m", "jupyter", "lab", *start, *words]


def main(words: list[str]) -> int:
    """Bring the folder up to date and open it. JupyterLab's terminals know the `gmcourse` command."""
    folder = own_folder.place()
    print(own_folder.report(folder, own_folder.update(ROOT, folder)), flush=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.call(command(folder, *words), cwd=folder, env={**os.environ, "PATH": path})
