"""Reading the models that travel with the package and those of one's own, and writing the latter.

The package's own folder is only ever read: `python -m tools.zoo publish`, in the repository, fills it.
"""

import hashlib
import importlib
import os
import re
from dataclasses import replace
from pathlib import Path

import platformdirs
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.console import visible
from gmcourse.reproducible import plain_defaults
from gmcourse.storage import write_together
from gmcourse.training import History
from gmcourse.zoo.manifests import Manifest

WEIGHTS = Path(__file__).parent / "weights"
# the manifest last: it makes a model be there
SUFFIXES = (".safetensors", ".log.json", ".png", ".manifest.json")


def own_folder() -> Path:
    """Where models of one's own lie: `GMCOURSE_ZOO`, else the user's data folder."""
    chosen = os.environ.get("GMCOURSE_ZOO")
    return expect.path("GMCOURSE_ZOO", chosen) if chosen else platformdirs.user_data_path("gmcourse", False) / "zoo"


def _folder(own: bool | str | Path) -> Path:
    if isinstance(own, bool):
        return own_folder() if own else WEIGHTS
    return expect.path("own", own)


@expect.door()
def file_of(name: str, suffix: str, own: bool | str | Path = False) -> Path:
    """The path of one of a model's files; refuses a name that could lead out of the folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        expect.refuse("name", repr(name), "1 to 100 of the signs a-z A-Z 0-9 _ -, the first a letter or a digit")
    return _folder(own) / f"{name}{suffix}"


@expect.door()
def names(*, own: bool | str | Path = False) -> list[str]:
    """List the models that travel with the package, or those of one's own, in alphabetical order."""
    return sorted(p.name.removesuffix(".manifest.json") for p in _folder(own).glob("*.manifest.json") if p.is_file())


def where(name: str, *, own: bool | str | Path = False) -> Path:
    """The manifest's path of a model that is there; its other files lie beside it."""
    path = file_of(name, ".manifest.json", own)
    if path.is_file():
        return path
    available = ", ".join(names(own=own)) or "none"
    if own:
        expect.refuse("name", f"{name!r}, no model of your own in {path.parent}", f"one that is there: {available}")
    mine = f"; own=True takes yours from {own_folder()}" if name in names(own=True) else ""
    expect.refuse("name", f"{name!r}, no model of the zoo", f"one of {available}{mine}")


def _cure(name: str, own: bool | str | Path) -> str:
    return f"Train it again: gmcourse train {name}" if own else "Install gmcourse anew."


def manifest(name: str, *, own: bool | str | Path = False) -> Manifest:
    """Read the manifest of one model."""
    path = where(name, own=own)
    try:
        described = Manifest.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"the manifest {path} is damaged: {error}. {_cure(name, own)}") from error
    if described.name != name:
        raise ValueError(f"the manifest {path} is that of {described.name!r}. {_cure(name, own)}")
    return described


def log(name: str, *, own: bool | str | Path = False) -> History:
    """Read the training curves of one model, thinned to at most 400 points each."""
    manifest(name, own=own)
    path = file_of(name, ".log.json", own)
    if not path.is_file():
        raise ValueError(f"the training log {path} is missing. {_cure(name, own)}")
    try:
        return History.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"the training log {path} is damaged: {error}. {_cure(name, own)}") from error


@expect.door()
def weights(described: Manifest, own: bool | str | Path) -> bytes:
    """Read the weights that a manifest tells of; a file that is missing, or another one, is a `ValueError`."""
    path, cure = file_of(described.name, ".safetensors", own), _cure(described.name, own)
    if not path.is_file():
        raise ValueError(f"the weights {path} are missing. {cure}")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != described.sha256:
        both = f"sha256 {digest[:12]}…, the manifest says {described.sha256[:12]}…"
        raise ValueError(f"the weights {path} have {both}: the file was changed or cut short. {cure}")
    return content


def load(name: str, device: str | torch.device = "cpu", *, own: bool | str | Path = False) -> nn.Module:
    """Load a trained model, in evaluation mode, with gradients switched off.

    An unknown name, a missing file, or one of which a byte has changed is a `ValueError`.

    It is the one that travels with the package, whatever you have trained. `own=True` takes the one of your own, from
    `own_folder()`, and a path the one in that folder; a line is printed then.
    """
    place = expect.device("device", device)
    described = manifest(name, own=own)
    path = file_of(name, ".safetensors", own)
    if not described.sha256:
        raise ValueError(
            f"{name} was trained and measured, but its weights are too large to travel with the package. "
            f"Train it: gmcourse train {described.recipe}, then load(…, own=True)"
        )
    try:
        module = _built(described, tensors_from_bytes(weights(described, own)))
    except (AttributeError, ImportError, RuntimeError, TypeError, SafetensorError) as error:
        fault = f"the weights {path} do not fit {described.model}: {error}. {_cure(name, own)}"
        raise ValueError(fault) from error
    if own:
        made = f"{described.steps:,} steps of {described.recipe}"
        print(f"{name} is your own, {made}, from {visible(str(path))}")
    return module.to(place).eval().requires_grad_(False)


@plain_defaults()
def _built(described: Manifest, tensors: dict[str, Tensor]) -> nn.Module:
    """The model that a manifest describes, with these weights. Only classes of gmcourse are ever built."""
    module_name, _, class_name = described.model.partition(":")
    ours = module_name.startswith(("gmcourse.models.", "gmcourse.experiments."))
    if not ours or not class_name.isidentifier():
        expect.refuse("model", repr(described.model), "'gmcourse.models.<module>:<Class>'")
    build = getattr(importlib.import_module(module_name), class_name)
    module: nn.Module = build(**described.arguments)
    module.load_state_dict(tensors)
    return module


@expect.door()
def save(
    described: Manifest,
    module: nn.Module,
    *,
    history: History | None = None,
    samples: bytes | None = None,
    half: bool = False,
    folder: str | Path | None = None,
) -> Manifest:
    """Add a trained model of one's own: all files or, where the disk is full, none; the manifest last.

    Returns the manifest as it was written. The hash and the name of the picture are filled in here. `samples` is the
    content of a PNG file; `half` keeps the weights in float16, of which `load` gives a float32 model with the rounded
    values. The folder is by default `own_folder()`.
    """
    place = True if folder is None else folder
    file_of(described.name, ".safetensors", place)  # a name that is none is refused before any work
    tensors = {
        key: expect.plain(f"{key} of module", x).detach().cpu().contiguous().clone()
        for key, x in module.state_dict().items()
    }
    if half:
        tensors = {key: x.half() if x.dtype == torch.float32 else x for key, x in tensors.items()}
    for key, _ in module.named_parameters():  # buffers may be infinite, as a mask is
        expect.tensor(f"{key} of module", tensors[key])
    try:
        _built(described, tensors)
    except (RuntimeError, TypeError) as error:
        built = f"{described.model}(**{described.arguments})"
        raise ValueError(f"module has other weights ({error}); expected those of {built}") from error
    content = tensors_to_bytes(tensors)
    digest, picture = hashlib.sha256(content).hexdigest(), "" if samples is None else f"{described.name}.png"
    described = replace(described, sha256=digest, samples=picture)
    curves = None if history is None else (history.thinned().to_json() + "\n").encode()
    text = described.to_json().encode(errors="backslashreplace")
    files = [file_of(described.name, suffix, place) for suffix in SUFFIXES]
    write_together(dict(zip(files, (content, curves, samples, text), strict=True)))
    return described
