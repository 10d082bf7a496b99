"""What a cell may leave behind that would cost other exercises their verdict, and putting it back.

A judged copy calls `restore` before each exercise and before each check: working folder, torch's defaults and the
checks are then as they were at the beginning, whatever a student's cell did to them.
"""

import importlib
import os
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

OURS = "gmcourse.exercises"
_folders: list[str] = []


def remember() -> None:
    """Note the folders that a cell may delete or leave; called before any of the student's code runs."""
    _folders[:] = tempfile.gettempdir(), os.getcwd()


def restore(names: dict[str, Any], slug: str, exercise: str = "", called: str = "") -> None:
    """Put back what the copy began with, and fresh checks of the chapter as `checks` among the notebook's names.

    Before the check of an answer that has another name, `called`, it gets the name of its exercise as well.
    """
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
    if called in names:
        names.setdefault(exercise, names[called])
    names["checks"] = importlib.import_module(f"{OURS}.checks.{slug}")


def further(path: str, exercise: str, *given: Any) -> None:
    """Call the teacher's own check of this exercise, in a file; what it lets through by accident says whose it is."""
    from gmcourse.exercises.mistakes import Refusal, mistake

    try:
        runpy.run_path(path)[exercise](*given)
    except Refusal:
        raise
    except Exception as error:
        mistake(f"a further check, `{exercise}` in {Path(path).name}, stops with {type(error).__name__}: {error}")
