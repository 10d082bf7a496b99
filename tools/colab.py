"""The first cell of a notebook that is opened on Colab: it installs the course there, and elsewhere does nothing.

It stands in lessons and hand-outs as soon as the course has an address (`Repository` in pyproject.toml):
`python -m tools.notebooks clean` puts it into the lessons, `python -m tools.exercises build` into the hand-outs.
"""

from pathlib import Path
from typing import Any

from tools.environment import repository

ID = "colab"
SOURCE = """\
# colab: elsewhere this does nothing. There it installs the course, once.
import importlib.util, subprocess, sys

if importlib.util.find_spec("gmcourse") is None:
    course = "gmcourse[check] @ git+{repository}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", course], check=True)"""


def cell(address: str) -> dict[str, Any]:
    """The cell; with what `gmcourse check` needs beside Colab's own Jupyter. The site leaves it out."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": ID,
        "metadata": {"tags": ["remove-cell"]},
        "outputs": [],
        "source": SOURCE.format(repository=address).splitlines(keepends=True),
    }


def address_for(path: Path) -> str:
    """The address for this notebook's cell: none for a solved one, which is not handed out."""
    return "" if path.parent.name == "solutions" else repository()
