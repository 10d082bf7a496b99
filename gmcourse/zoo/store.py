"""Reading and writing the zoo."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import nn

from gmcourse.reproducible import plain_defaults
from gmcourse.storage import write_atomically
from gmcourse.training import History
from gmcourse.zoo.manifest import Manifest

WEIGHTS = Path(__file__).parent / "weights"

CURE = "Install gmcourse anew, or train it again with `gmcourse train`."


def names() -> list[str]:
    """The models that are here, in alphabetical order."""
    return sorted(path.name.removesuffix(".manifest.json") for path in WEIGHTS.glob("*.manifest.json"))


def manifest(name: str) -> Manifest:
    """The manifest of one model.

    Raises:
        ValueError: no model has this name, or its manifest is damaged.
    """
    path = WEIGHTS / f"{name}.manifest.json"
    if name not in names():
        raise ValueError(f"the zoo has no model {name!r}; it has {', '.join(names()) or 'none'}")
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"the manifest {path} is damaged: {error}. {CURE}") from error


def log(name: str) -> History:
    """The training curves of one model, thinned to at most 400 points each.

    Raises:
        ValueError: no model has this name, or its log is missing or damaged.
    """
    manifest(name)
    path = WEIGHTS / f"{name}.log.json"
    if not path.is_file():
        raise ValueError(f"the training log {path} is missing. {CURE}")
    return History.from_json(path.read_text(encoding="utf-8"))


def load(name: str, device: str | torch.device = "cpu") -> nn.Module:
    """A trained model, in evaluation mode, with gradients switched off.

    Args:
        name: one of `names()`.
        device: where to put it.

    Raises:
        ValueError: an unknown name, a missing file, or one of which a byte has changed.
    """
    described = manifest(name)
    path = WEIGHTS / f"{name}.safetensors"
    if not described.sha256:
        raise ValueError(
            f"{name} was trained and measured, but its weights are too large to travel with the package. "
            f"Train it: gmcourse train {described.recipe}"
        )
    if not path.is_file():
        raise ValueError(f"the weights {path} are missing. {CURE}")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != described.sha256:
        raise ValueError(
            f"the weights {path} have sha256 {digest[:12]}…, the manifest says {described.sha256[:12]}…: "
            f"the file was changed or cut short. {CURE}"
        )
    module = _build(described)
    try:
        module.load_state_dict(tensors_from_bytes(content))
    except (RuntimeError, SafetensorError) as error:
        raise ValueError(f"the weights {path} do not fit {described.model}: {error}. {CURE}") from error
    return module.to(device).eval().requires_grad_(False)


@plain_defaults()
def _build(described: Manifest) -> nn.Module:
    """The untrained model that a manifest describes. Only classes of gmcourse.models are ever built."""
    module_name, _, class_name = described.model.partition(":")
    if (
        not module_name.startswith(("gmcourse.models.", "gmcourse.experiments."))
        or not class_name.isidentifier()
    ):
        raise ValueError(f"model is {described.model!r}; expected 'gmcourse.models.<module>:<Class>'")
    module: nn.Module = getattr(importlib.import_module(module_name), class_name)(**described.arguments)
    return module


def save(
    name: str,
    module: nn.Module,
    *,
    model: str,
    arguments: dict[str, Any],
    recipe: str,
    seed: int,
    steps: int,
    data: str,
    hardware: str,
    hours: float,
    metrics: dict[str, float],
    history: History | None = None,
    ship: bool = True,
    half: bool = False,
    folder: Path | None = None,
) -> Manifest:
    """Add a trained model: weights, manifest and thinned log, each written atomically, the manifest last.

    With `ship=False` the weights stay behind, and only log and manifest are written. With `half=True` they are
    written in float16; `load` gives a float32 model with the rounded values. `folder` is by default the
    package's own, and the rest is what `Manifest` says.

    Raises:
        ValueError: the weights do not load into what `model` and `arguments` build.
    """
    folder = WEIGHTS if folder is None else folder
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in module.state_dict().items()}
    if half:
        tensors = {
            key: value.half() if value.dtype == torch.float32 else value for key, value in tensors.items()
        }
    content = tensors_to_bytes(tensors)
    described = Manifest(
        name=name,
        model=model,
        arguments=arguments,
        sha256=hashlib.sha256(content).hexdigest() if ship else "",
        recipe=recipe,
        seed=seed,
        steps=steps,
        data=data,
        hardware=hardware,
        hours=round(hours, 3),
        metrics={key: float(value) for key, value in metrics.items()},
    )
    try:
        _build(described).load_state_dict(tensors)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"{model}(**{arguments}) does not take these weights: {error}") from error
    if ship:
        write_atomically(folder / f"{name}.safetensors", content)
    if history is not None:
        write_atomically(folder / f"{name}.log.json", (history.thinned().to_json() + "\n").encode())
    write_atomically(folder / f"{name}.manifest.json", described.to_json().encode())
    return described
