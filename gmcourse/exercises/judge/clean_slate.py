"""What a cell may leave behind that would cost other exercises their verdict, and putting it back.

A judged copy calls `restore` before each exercise and before each check: working folder, torch's defaults and the
checks are then as they were at the beginning, whatever a student's cell did to them.
"""

import importlib
import os
import sys
import tempfile
from typing import Any

OURS = "gmcourse.exercises"
_folders: list[str] = []


def remember() -> None:
    """Note the folders that a cell may delete or leave; called before any of the student's code runs."""
    _folders[:] = tempfile.gettempdir(), os.getcwd()


def restore(names: dict[str, Any], slug: str) -> None:
    """Put back what the copy began with, and fresh checks of the chapter as `checks` among the notebook's names."""
    import torch

    for folder in _folders:
        os.makedirs(folder, exist_ok=True)
    os.chdir(_folders[-1])
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    if "GMCOURSE_EVENTS" in os.environ:  # in the judge's own kernel, where nothing else holds the old ones
        for name in [each for each in sys.modules if each.startswith(f"{OURS}.")]:
            if not name.startswith(f"{OURS}.judge"):
                del sys.modules[name]
    names["checks"] = importlib.import_module(f"{OURS}.checks.{slug}")
