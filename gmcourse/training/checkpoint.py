"""A checkpoint: one safetensors file, written whole or not at all, with a checksum. Never pickle.

The tensors of a nested state become the file's tensors; the structure around them, numbers and words
included, becomes JSON in the file's header. Loading such a file runs no code.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from gmcourse.storage import write_atomically

FORMAT = "gmcourse-checkpoint-1"


def _flatten(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The structure of `value` as JSON; its tensors go into `tensors` under numbered names."""
    if isinstance(value, Tensor):
        name = f"t{len(tensors)}"
        # a copy: safetensors refuses tensors that share memory
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        # pairs, because an optimiser's state has whole numbers as keys, and JSON would make words of them
        return {"items": [[key, _flatten(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {"list": [_flatten(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise ValueError(f"a state may hold tensors, numbers, words, lists and dicts; got {type(value).__name__}")


def _unflatten(node: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    kind, content = next(iter(node.items()))
    if kind == "tensor":
        return tensors[content]
    if kind == "items":
        return {key: _unflatten(item, tensors) for key, item in content}
    if kind == "list":
        return [_unflatten(item, tensors) for item in content]
    return content


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write a nested state of tensors, numbers, words, lists and dicts to one file, atomically.

    Raises:
        ValueError: the state holds something else.
        OSError: the disk is full or not writable; an older checkpoint at `path` is left as it was.
    """
    tensors: dict[str, Tensor] = {}
    structure = json.dumps(_flatten(state, tensors))
    header = {"format": FORMAT, "structure": structure, "sha256": _digest(tensors)}
    write_atomically(Path(path), tensors_to_bytes(tensors, header))


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> dict[str, Any]:
    """Read what `save_checkpoint` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a checkpoint, is cut short, or a byte of it has changed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint at {path}")
    cure = "Delete it and start again, or copy it anew."
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise ValueError(f"{path} is broken or no safetensors file ({error}). {cure}") from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} says format {header.get('format')!r}; expected {FORMAT!r}. {cure}")
    if header.get("sha256") != _digest(tensors):
        raise ValueError(f"{path} does not match its own checksum: it was damaged. {cure}")
    on_device = {name: tensor.to(device) for name, tensor in tensors.items()}
    state: dict[str, Any] = _unflatten(json.loads(header["structure"]), on_device)
    return state
