"""Published checkpoints as files, opened without running what is in them."""

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from torch import Tensor

from gmcourse import expect

AGAIN = "the file is damaged or was cut short; fetch it again"
ZIP, PICKLE = b"PK", b"\x80"


@expect.door()
def state_from_file(path: Path, entry: str | None = None) -> Mapping[str, Any]:
    """Read the state dict in a file of `torch.save`, old or new, or of safetensors, as its first bytes say.

    Of several entries, `entry` says which has the weights. A damaged file, or a pickle that runs code, is refused.
    """
    if not path.is_file():
        expect.refuse("path", path, "a file that is there")
    content = _content(path)
    if not isinstance(content, Mapping):
        raise ValueError(f"{path} holds a {type(content).__name__}; expected a state dict, name → tensor")
    entries = {key: value.values() for key, value in content.items() if isinstance(value, Mapping)}
    inner = [key for key, values in entries.items() if any(isinstance(each, Tensor) for each in values)]
    if entry is not None and entry not in inner:
        raise ValueError(f"{path} has no state dict {entry!r}; it has {', '.join(map(str, inner)) or 'none'}")
    if entry is None and inner:
        shown = f"--entry or entry=: {', '.join(map(str, inner))}"
        raise ValueError(f"{path} has several entries; expected the choice of one, {shown}")
    return content if entry is None else content[entry]


def _content(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(64)
    if start[8:9] == b"{":
        try:
            return tensors_from_bytes(path.read_bytes())
        except SafetensorError as error:
            raise ValueError(f"{path} cannot be read: {AGAIN} ({error})") from error
    if not start.startswith((ZIP, PICKLE)):
        seen = f"begins with {start[:24]!r} (a page or a pointer in place of the weights?)"
        raise ValueError(f"{path} is neither of torch.save nor of safetensors; it {seen}")
    if start.startswith(ZIP):
        _check_sums(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # torch finds old pickles odd, and we say why
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        _refuse_code(path, error)
    except (RuntimeError, EOFError, OSError, LookupError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {AGAIN} ({str(error).splitlines()[:1]})") from error


def _check_sums(path: Path) -> None:
    """torch reads what has a flipped bit in it; the archive keeps sums to tell."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} cannot be read: {AGAIN} ({error})") from error
    if broken is not None:
        raise ValueError(f"{path} cannot be read: {AGAIN} (the sum of {broken} is another one)")


def _refuse_code(path: Path, error: Exception) -> NoReturn:
    named = re.search(r"GLOBAL (\S+)", str(error))
    raise ValueError(
        f"{path} is a pickle that asks to run {named[1] if named else 'code of its own'}, and nothing in a file is "
        "run here. If you trust it, open it once with its authors' code beside it and keep the tensors alone: "
        "torch.save(model.state_dict(), 'weights.pt')"
    ) from error
