"""README's lines give the same number whatever defaults of torch the reader has set."""

import json
import re
import subprocess
import sys

import pytest
import torch

from gmcourse.flows import Whitening
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


@torch.inference_mode()
def test_a_whitening_of_inference_mode():
    """What is made there has no version, by which its directions are known again."""
    torch.manual_seed(0)
    whitening = Whitening(4, 2)
    mean, loadings, noise = torch.randn(4), torch.randn(4, 2), torch.rand(4) + 0.5
    whitening(x := torch.randn(3, 4))
    whitening.set_normal(mean, loadings, noise)
    assert torch.allclose(whitening.inverse(whitening(x)[0]), x, atol=1e-5)


@pytest.mark.slow  # a Python of its own, which runs the lines six times
def test_the_lines_of_the_readme_under_other_defaults():
    (lines,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    script = f"LINES = {lines!r}\nPRINT = print\n{MODES}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    plain, *others = json.loads(done.stdout)
    assert len(others) == 5
    assert all(abs(other - plain) < 1e-3 for other in others), (plain, others)
