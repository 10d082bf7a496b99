"""A checkpoint: one safetensors file, written whole or not at all, with a checksum. Never pickle.

The tensors of a nested state become the file's tensors; the structure around them, numbers and words included,
becomes JSON in the file's header, with the SHA-256 of all bytes of the file, in which zeros stand for it. Loading
such a file runs no code, and keeps no hold of the file: Windows refuses to replace one that is mapped into memory.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as bytes_to_tensors
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from gmcourse import expect
from gmcourse.storage import write_atomically

FORMAT = "gmcourse-checkpoint-2"
UNSIGNED = "0" * 64  # in the place of the checksum while it is computed


def _flatten(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The structure of `value` as JSON; its tensors go into `tensors` under numbered names."""
    if isinstance(value, Tensor):
        if str(value.dtype) == "torch.complex128":  # which safetensors does not know
            expect.refuse("a tensor of the state", "complex128", "another dtype, such as complex64")
        name = f"t{len(tensors)}"
        tensors[name] = expect.plain("a tensor of the state", value).detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict) and all(key is None or isinstance(key, str | int | float) for key in value):
        # pairs, because an optimiser's state has whole numbers as keys, and JSON would make words of them
        return {"items": [[key, _flatten(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {"list": [_flatten(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    expect.refuse("a part of the state", expect.described(value), "a tensor, number, word, list or plain dict")


def _unflatten(node: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    kind, content = next(iter(node.items()))
    if kind == "tensor":
        return tensors[content]
    if kind == "items":
        return {key: _unflatten(item, tensors) for key, item in content}
    return [_unflatten(item, tensors) for item in content] if kind == "list" else content


def _with_digest(content: bytes, before: str, after: str) -> bytes:
    """The file with another checksum in its header, which is as long as the one before."""
    end = 8 + int.from_bytes(content[:8], "little")  # safetensors: 8 bytes of length, then the header
    header = content[:end].replace(f'"sha256":"{before}"'.encode(), f'"sha256":"{after}"'.encode(), 1)
    return header + content[end:]


@expect.door(state="empty")
def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write a nested state of tensors, numbers, words, lists and dicts to one file, atomically.

    Where the disk is full or not writable (`OSError`), an older checkpoint at `path` is left as it was.
    """
    path = expect.path("path", path)
    tensors: dict[str, Tensor] = {}
    structure = json.dumps(_flatten(state, tensors))
    content = tensors_to_bytes(tensors, {"format": FORMAT, "structure": structure, "sha256": UNSIGNED})
    write_atomically(path, _with_digest(content, UNSIGNED, hashlib.sha256(content).hexdigest()))


@expect.door()
def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, onto the CPU.

    A file that is not there is a `FileNotFoundError`; one that is damaged or no checkpoint is a `ValueError`.
    """
    path = expect.path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint at {path}")
    content, cure = path.read_bytes(), "Delete it and start again, or copy it anew."
    try:
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        found, digest = header["format"], header["sha256"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is broken or no checkpoint ({error!r}). {cure}") from error
    if found != FORMAT:
        raise ValueError(f"{path} says format {found!r}; expected {FORMAT!r}. {cure}")
    if hashlib.sha256(_with_digest(content, digest, UNSIGNED)).hexdigest() != digest:
        raise ValueError(f"{path} does not match its own checksum: it was cut short or damaged. {cure}")
    try:
        tensors = bytes_to_tensors(content)
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file ({error}). {cure}") from error
    return _unflatten(json.loads(header["structure"]), tensors)
