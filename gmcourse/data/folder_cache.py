"""What was read from a folder of pictures, kept in the user's cache folder as one safetensors file."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from gmcourse.storage import write_atomically

FORMAT = "gmcourse-folder-1"  # another number makes everything that was kept stale


@dataclass(frozen=True)
class Kept:
    """The pictures of a folder, each content once."""

    pixels: Tensor  # (N, C, H, W) uint8
    digests: Tensor  # (N, 32) uint8, the SHA-256 hashes of the files
    index: Tensor  # (N,) int64, the places of the files in the list that the folder gave
    problems: tuple[tuple[str, str], ...]  # name and reason of each file that gave no picture
    repeated: int  # how many files have the content of another one


def place(root: Path, *options: object) -> Path:
    """The file that keeps a folder read with these options."""
    key = hashlib.sha256(os.fsencode(root.resolve()) + repr(options).encode()).hexdigest()[:32]
    return user_cache_path("gmcourse", appauthor=False) / "folders" / f"{key}.safetensors"


def mark_of(files: Iterable[tuple[str, int, int]]) -> str:
    """A hash of the names, sizes and times of files: another one says that something has changed."""
    digest = hashlib.sha256(FORMAT.encode())
    for name, size, changed in files:
        digest.update(os.fsencode(name) + b"\0%d %d\0" % (size, changed))
    return digest.hexdigest()


def store(path: Path, mark: str, kept: Kept) -> None:
    """Keep it. Where that is not possible, nothing is lost: the folder is read again the next time."""
    tensors = {"pixels": kept.pixels, "digests": kept.digests, "index": kept.index}
    said = json.dumps([mark, kept.problems, kept.repeated])
    metadata = {"said": said, "checksum": _checksum(tensors, said)}
    with contextlib.suppress(OSError):
        write_atomically(path, tensors_to_bytes(tensors, metadata))


def recall(path: Path, mark: str) -> Kept | None:
    """What was kept under this mark; None if there is nothing, if it is damaged, or of another state."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, SafetensorError):
        content = path.read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        kept_mark, problems, repeated = json.loads(header["said"])
        tensors = tensors_from_bytes(content)
        if kept_mark == mark and header["checksum"] == _checksum(tensors, header["said"]):
            return Kept(**tensors, problems=tuple(map(tuple, problems)), repeated=repeated)
    return None


def _checksum(tensors: dict[str, Tensor], said: str) -> str:
    digest = hashlib.sha256(said.encode())
    for name in sorted(tensors):
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
