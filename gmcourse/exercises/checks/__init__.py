"""The checks of each chapter's exercises, one module a chapter."""

import os
import sysconfig

# `!gmcourse check` in a cell finds the command in whatever way Jupyter was started
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
