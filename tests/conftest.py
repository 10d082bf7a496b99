"""What every test shares: one thread, and the reference numbers."""

import json
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import torch
from safetensors.torch import load_file

# Two workers on two cores should not fight. Sums are taken in another order with more threads: `make kernels`
# runs the tests so, too.
torch.set_num_threads(int(os.environ.get("GMCOURSE_TEST_THREADS", "1")))

# Who imports nbformat would compile a grammar of IRIs, two seconds in each worker; see the judge's `nbval_events`.
sys.modules.setdefault("rfc3987_syntax", None)

ROOT = Path(__file__).parents[1]


class Golden:
    """One file of reference numbers: `golden.x("name")`, `golden.w(…)`, `golden.out(…)`, `golden.config`."""

    def __init__(self, name: str) -> None:
        folder = ROOT / "tests" / "golden"
        self.tensors = load_file(folder / f"{name}.safetensors")
        self.described = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        self.config = self.described["config"]

    def _get(self, key):
        tensor = self.tensors[key]
        return tensor.double() if tensor.is_floating_point() else tensor

    def w(self, name):
        return self._get(f"w.{name}")

    def x(self, name):
        return self._get(f"in.{name}")

    def out(self, name):
        return self._get(f"out.{name}")

    def weights(self, prefix=""):
        """All weights under a prefix, by the rest of their names, in float64 where they are floats."""
        start = f"w.{prefix}"
        return {key.removeprefix(start): self._get(key) for key in self.tensors if key.startswith(start)}


@pytest.fixture(scope="session")
def golden():
    """`golden("vae_a")` opens one file of reference numbers; tests/golden/README.md says what there is."""
    return Golden


@pytest.fixture(autouse=True)
def own_zoo(monkeypatch, tmp_path_factory):
    """No test sees or touches the models that somebody has trained on this machine."""
    folder = tmp_path_factory.getbasetemp() / "zoos" / uuid4().hex
    monkeypatch.setenv("GMCOURSE_ZOO", str(folder))
    return folder


def assert_close(actual, expected, tolerance=1e-6):
    """Largest difference, relative to the largest expected value."""
    actual, expected = torch.as_tensor(actual).double(), torch.as_tensor(expected).double()
    assert actual.shape == expected.shape, f"shape {tuple(actual.shape)}, expected {tuple(expected.shape)}"
    error = (actual - expected).abs().max() / expected.abs().max().clamp_min(1e-300)
    assert error <= tolerance, f"relative error {error:.2e} > {tolerance:.0e}"


def stop_after(steps):
    """A callback of `fit` that interrupts the run after so many steps, as Ctrl-C does."""
    return lambda now, history: signal.raise_signal(signal.SIGINT) if now + 1 == steps else None
