"""Rows of `gmcourse.zoo`, `gmcourse.converters`, and data sets of others."""

import functools
import struct
import tempfile
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file

from gmcourse import zoo
from gmcourse.models.nice import NICE
from gmcourse.training import History
from tests.bad_input.harness import row
from tests.conftest import Golden

ANY = "unknown"  # any words will do
SCRATCH = tempfile.TemporaryDirectory()
FOLDER = Path(SCRATCH.name)


def layers():
    """A NICE of one coupling."""
    names = {"coupling0.layer0.weight": (3, 2), "coupling0.layer0.bias": (3,), "log_scale": (4,)}
    names |= {"coupling0.layer1.weight": (2, 3), "coupling0.layer1.bias": (2,)}
    return {name: torch.ones(shape) for name, shape in names.items()}


def a_file():
    save_file(layers(), FOLDER / "layers.safetensors")
    return FOLDER / "layers.safetensors"


def some_pictures():
    folder = FOLDER / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for shade in range(20):
        Image.new("RGB", (8, 8), (shade, 0, 0)).save(folder / f"{shade}.png")
    return str(folder)


def a_set():
    """Three images of MNIST, as its files are."""
    folder = FOLDER / "sets" / "MNIST" / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "t10k"):
        images, labels = struct.pack(">4I", 2051, 3, 28, 28), struct.pack(">2I", 2049, 3)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images + bytes(3 * 784))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels + bytes(3))
    return str(FOLDER / "sets")


def described(**changed):
    words = {
        "name": "tiny",
        "model": "gmcourse.models.nice:NICE",
        "recipe": "r",
        "data": "d",
        "hardware": "h",
    }
    numbers = {"seed": 0, "steps": 1, "hours": 0.5, "metrics": {"loss": 1.0}}
    return words | numbers | {"arguments": {"dim": 4, "hidden": [3]}} | changed


def saved(name="tiny"):
    manifest = zoo.Manifest(**described(name=name))
    zoo.save(manifest, NICE(4, hidden=(3,)), history=History(), folder=FOLDER / "zoo")
    return {"name": name, "own": str(FOLDER / "zoo")}


row(
    "converters.state.Weights",
    lambda: {"state": layers(), "ignore": ["x*"]},
    fine=dict(state="rank shape batch empty dtype nan inf device", ignore="empty length unknown"),
)
row(
    "converters.files.state_from_file",
    lambda: {"path": a_file(), "entry": None},
    foreign={"path": "unknown"},
)


def published(file, prefix, more):
    """Reference weights; the first of them, of which bad ones are made, is one that is needed."""
    state = sorted(Golden(file).weights(prefix).items(), reverse=bool({"stacked", "shape"} & set(more)))
    return {"state": dict(state), **more}


STATE = dict(fine={"state": "device"})  # weights come to the CPU
row(
    "converters.plain_nice.nice_from_layers",
    lambda: {"state": layers(), "prior": "normal"},
    bad={"state": ({}, layers() | {"more": torch.ones(2)})},
    **STATE,
)
GOLDEN = (
    ("nvlabs_stylegan2.generator_from_nvlabs", "stylegan2_a", "G.", {}),
    ("nvlabs_stylegan2.discriminator_from_nvlabs", "stylegan2_a", "D.", {"group": 4}),
    ("official_srflow.srflow_from_official", "srflow_a", "", {"stacked": [0, 1]}),
    ("official_srflow.regression_from_official", "srflow_a", "", {}),
    ("rosinality_glow.glow_from_rosinality", "glow_a_lu_affine", "", {"shape": (3, 8, 12)}),
)
for name, file, prefix, more in GOLDEN:
    row(
        f"converters.{name}",
        functools.partial(published, file, prefix, more),
        **STATE,
    )

row(
    "zoo.manifests.Manifest",
    described,
    fine=dict.fromkeys(("name", "model", "recipe", "data", "hardware"), ANY)
    | {
        "metrics": "empty nan inf negative",
        "baselines": "empty",
        "seeds": "empty",
        "arguments": "empty none number float text nan inf list negative",
    },
)
row(
    "zoo.manifests.Manifest.from_json",
    lambda: {"text": zoo.Manifest(**described()).to_json()},
    on=lambda: zoo.Manifest,
)
row(
    "zoo.store.file_of",
    lambda: {"name": "tiny", "suffix": ".png", "own": "x"},
    fine={"own": ANY, "suffix": ANY},
    bad={"name": ("../x", "", "a b")},
)
row("zoo.cheap.baselines", lambda: {"data": "digits"})
row("zoo.cheap.best_baseline", lambda: {"data": "digits"})
row("zoo.store.names", lambda: {"own": "x"}, fine={"own": ANY})
for name in ("where", "manifest", "log"):
    row(f"zoo.store.{name}", saved, bad={"name": ("../x",)})
row(
    "zoo.store.weights",
    lambda: {"own": (known := saved())["own"], "described": zoo.manifest(**known)},
    fine={"own": ANY},
)
row("zoo.store.load", lambda: saved() | {"device": "cpu"}, foreign={"device": "number"})
row(
    "zoo.store.save",
    lambda: {
        "described": zoo.Manifest(**described(name="other")),
        "module": NICE(4, hidden=(3,)),
        "history": History(),
        "samples": b"png",
        "half": False,
        "folder": str(FOLDER / "zoo"),
    },
    fine={"folder": ANY, "history": "empty"},
    bad={"module": (NICE(6, hidden=(3,)),)},
)

row(
    "data.folder.load",
    lambda: {
        "split": "train",
        "root": some_pictures(),
        "size": 8,
        "grey": False,
        "share": 0.2,
        "keep": False,
        "progress": False,
    },
    bad={"size": (3, 1025), "share": (1.0, 0.0)},
)
row("data.vision.data_root", lambda: {"root": "x"}, fine={"root": ANY})
row(
    "data.vision.load",
    lambda: {"name": "mnist", "split": "test", "root": a_set(), "download": False, "size": 8, "limit": 2},
    foreign={"root": ANY},  # a RuntimeError that names the set, the folder and the cure
)
row("data.vision.state", lambda: {"name": "mnist", "root": a_set()}, fine={"root": ANY})
