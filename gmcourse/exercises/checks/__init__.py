"""The checks of each chapter's exercises, one module a chapter, and what all of them are written with."""

import os
import sysconfig

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import matches, show
from gmcourse.exercises.exercise import by_cases, teaches
from gmcourse.exercises.mistakes import Mistake, NotDone, mistake
from gmcourse.exercises.open_task import found_and_why

# `!gmcourse check` in a cell finds the command in whatever way Jupyter was started
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
