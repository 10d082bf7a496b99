"""The list on a GPU that is there: `python -m tests.pretend_gpu real`, and without the word on the pretended one.

`real` tries first whether torch's rules are those that the pretended GPU keeps, and then everything else: metrics,
figures, models, recipes, lessons and exercises, with the numbers of the CPU to 1e-4. Other words go to pytest.
"""

import os
import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["real"]:
        os.environ["GMCOURSE_REAL_GPU"] = "1"  # read by tests/pretend_gpu/real.py
        words = words[1:]
    sys.exit(pytest.main([str(Path(__file__).parent), "-rs", *words]))
