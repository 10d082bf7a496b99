"""Rows of `gmcourse.zoo`, `gmcourse.converters`, and data sets of others."""

import tempfile
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file

from gmcourse import zoo
from gmcourse.models.glow import Glow
from gmcourse.models.nice import NICE
from gmcourse.training import History
from tests.bad_input.harness import row

ANY = "unknown"  # any words will do
FOLDER = Path(tempfile.gettempdir()) / "gmcourse_bad_input"


def layers():
    """A NICE of one coupling."""
    names = {"coupling0.layer0.weight": (3, 2), "coupling0.layer0.bias": (3,), "log_scale": (4,)}
    names |= {"coupling0.layer1.weight": (2, 3), "coupling0.layer1.bias": (2,)}
    return {name: torch.ones(shape) for name, shape in names.items()}


def a_file():
    FOLDER.mkdir(exist_ok=True)
    save_file(layers(), FOLDER / "layers.safetensors")
    return FOLDER / "layers.safetensors"


def some_pictures():
    folder = FOLDER / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for shade in range(20):
        Image.new("RGB", (8, 8), (shade, 0, 0)).save(folder / f"{shade}.png")
    return str(folder)


def described(**changed):
    words = {"name": "tiny", "model": "gmcourse.models.nice:NICE", "recipe": "r", "data": "d", "hardware": "h"}
    numbers = {"seed": 0, "steps": 1, "hours": 0.5, "metrics": {"loss": 1.0}}
    return words | numbers | {"arguments": {"dim": 4, "hidden": [3]}} | changed


def saved(name="tiny"):
    manifest = zoo.Manifest(**described(name=name))
    zoo.save(manifest, NICE(4, hidden=(3,)), history=History(), folder=FOLDER / "zoo")
    return {"name": name, "own": str(FOLDER / "zoo")}


row("converters.state.Weights", lambda: {"state": layers(), "ignore": ["x*"]}, fine=dict(
    state="rank shape batch empty dtype nan inf device", ignore="empty length unknown"))
row(
    "converters.plain_nice.nice_from_layers",
    lambda: {"state": layers(), "prior": "normal"},
    bad={"state": ({}, layers() | {"more": torch.ones(2)})},
    fine={"state": "device"},
)
