"""README's lines give the same number whatever defaults of torch the reader has set."""

import json
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

MODES = """
import json, torch
from gmcourse.data import digits

def run():
    digits._all.cache_clear()
    torch.manual_seed(0)
    exec(LINES, space := {"print": lambda value: found.append(float(value))})
    assert space["digits"].dtype == torch.float32 and space["digits"].device.type == "cpu"

found = []
run()
for dtype in (torch.float64, torch.bfloat16):
    torch.set_default_dtype(dtype)
    run()
torch.set_default_dtype(torch.float32)
with torch.device("meta"):
    run()
torch.use_deterministic_algorithms(True)
run()
with torch.inference_mode():
    run()
PRINT(json.dumps(found))
"""


@pytest.mark.slow  # a Python of its own, which runs the lines six times
def test_the_lines_of_the_readme_under_other_defaults():
    (lines,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    script = f"LINES = {lines!r}\nPRINT = print\n{MODES}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    plain, *others = json.loads(done.stdout)
    assert len(others) == 5
    assert all(abs(other - plain) < 1e-3 for other in others), (plain, others)
