"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CURE = "give another path, or make room or get the right to write there"


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """The `OSError` of a full disk or of a right that is missing says which file it is about."""
    try:
        yield
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror or error}; {CURE}") from error


def _temporary(path: Path) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")


def ensure_writable(path: Path) -> None:
    """Try, before long work begins, whether `write_atomically` will be able to write this file.

    Missing folders are made, a file stays as it is, and the `OSError` says why it cannot be written, and the cure.
    """
    if os.path.isdir(path):  # False of a name that is too long, where Path.is_dir raises
        raise IsADirectoryError(f"{path} is a folder; expected the path of a file to write: {CURE}")
    with _in_words(path):
        handle, temporary = _temporary(path)
        os.close(handle)
        Path(temporary).unlink()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it, even if killed."""
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes | None]) -> None:
    """Write several files that belong together, None for one that goes: all lie ready before the first changes."""
    mask = os.umask(0)  # which can only be read by setting it
    os.umask(mask)
    ready: dict[Path, str] = {}
    try:
        for path, content in contents.items():
            if content is None:
                continue
            with _in_words(path):
                handle, ready[path] = _temporary(path)
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(ready[path], 0o666 & ~mask)  # mkstemp makes files that only their owner may read
        for path in contents:
            with _in_words(path):
                os.replace(ready[path], path) if path in ready else path.unlink(missing_ok=True)
    except BaseException:
        for temporary in ready.values():
            Path(temporary).unlink(missing_ok=True)
        raise


def write_text_atomically(path: Path, text: str, encoding: str = "utf-8") -> None:
    """`write_atomically` for text; line ends stay as they are, and half a surrogate pair becomes an escape."""
    write_atomically(path, text.encode(encoding, "backslashreplace"))
