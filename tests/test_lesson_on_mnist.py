"""Lesson 04 runs on MNIST, where somebody has put it."""

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("GMCOURSE_DATA") or ROOT.parent / "shared" / "data")


@pytest.mark.slow
@pytest.mark.skipif(
    not (DATA / "MNIST" / "raw").is_dir(), reason=f"no MNIST in {DATA}; set GMCOURSE_DATA to its folder"
)
def test_lesson_04_runs_on_mnist(monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    for name, value in {
        "GMCOURSE_DATA": str(DATA),
        "GMCOURSE_STATIC": "1",
        "GMCOURSE_PROGRESS": "off",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "agg",  # what it draws is looked at elsewhere
    }.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.reads((ROOT / "notebooks" / "04_vae.ipynb").read_text(encoding="utf-8"), as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    printed = json.dumps([c.get("outputs") for c in notebook.cells])
    assert "mnist: 60000 training images (1, 28, 28), 256 grey levels" in printed
