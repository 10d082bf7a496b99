"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path


def _temporary(path: Path) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")


def ensure_writable(path: Path) -> None:
    """Try, before long work begins, whether `write_atomically` will be able to write this file.

    Folders that are missing are made; a file that is there is left as it is. The message of the `OSError` says why it
    cannot be written, and what to do.
    """
    cure = "give another path, or the right to write there"
    if os.path.isdir(path):  # False of a name that is too long, where Path.is_dir raises
        raise IsADirectoryError(f"{path} is a folder; expected the path of a file to write: {cure}")
    try:
        handle, temporary = _temporary(path)
        os.close(handle)
        Path(temporary).unlink()
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror or error}; {cure}") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it.

    A full disk or a kill in the middle leaves the old file as it was, and if possible no temporary file.
    """
    handle, temporary = _temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)  # which can only be read by setting it
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes files that only their owner may read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text_atomically(path: Path, text: str, encoding: str = "utf-8") -> None:
    """`write_atomically` for text; line ends stay as they are, and half a surrogate pair becomes an escape."""
    write_atomically(path, text.encode(encoding, "backslashreplace"))
