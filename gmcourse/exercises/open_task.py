"""Open tasks: no single answer, a light and honest check, and a place for what was found and why.

What takes longer than a few seconds the student runs once and saves; the check reads what was saved and computes
its score again. What was written is the teacher's to read: the rubric is in the instructor's pages.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from gmcourse.exercises.mistakes import STUB, NotDone, mistake
from gmcourse.storage import write_atomically

WORDS = 20  # that a reason has at least


def once(name: str, make: Callable[[], Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """What `make()` gave when this cell ran for the first time: it is kept in `NAME.safetensors` beside the notebook.

    Delete the file to make it again. The judge never makes anything: it reads the file that lies beside the
    notebook, and takes what is missing as not done.
    """
    file = f"{name}.safetensors"
    for folder in (".", *sys.path):
        if (path := Path(folder) / file).is_file():
            print(f"{file} is read; delete it to make it again")
            return load(path.read_bytes())
    if "GMCOURSE_EVENTS" in os.environ:
        return {}
    try:
        made = {key: value.detach().cpu().contiguous().clone() for key, value in make().items()}
    except NotImplementedError as error:
        if str(error) != STUB:
            raise
        return {}
    write_atomically(Path(file), save(made))
    print(f"{file} is written: hand it in with the notebook")
    return made


def found_and_why(answer: Any) -> Any:
    """What an open task found, where there are reasons for it; it is open as long as one of them is empty."""
    found, why = answer
    if found is None or found is ... or (isinstance(found, Mapping) and not found):
        raise NotDone("not done yet: nothing is chosen, or nothing is saved beside the notebook")
    words = len(str(why).split())
    if not words:
        raise NotDone("not done yet: the place for your reasons is empty")
    if words < WORDS:
        mistake("the reasons are too short: say what you saw, what you chose, and what speaks against it")
    return found
