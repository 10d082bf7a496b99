"""Whether the package's models are those that were published: their list of hashes, which no training writes."""

import hashlib

from gmcourse.zoo import store

HASHES = "SHA256SUMS"


def hashes() -> dict[str, str]:
    """The hashes of all files that were published, by file; none where their list is missing."""
    path = store.WEIGHTS / HASHES
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {file: digest for digest, _, file in (line.partition("  ") for line in lines)}


def names() -> list[str]:
    """Every model of the package, in alphabetical order: those that were published, and any other that is there."""
    files = (file for file in hashes() if file.endswith(".manifest.json"))
    return sorted({file.removesuffix(".manifest.json") for file in files} | set(store.names()))


def problem(name: str) -> str:
    """What is wrong with a model of the package, by the hashes of what was published; "" if it is whole."""
    known = hashes()
    for path in (store.file_of(name, suffix) for suffix in store.SUFFIXES):
        if not path.is_file() and path.name in known:
            return f"{path.name} is missing"
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != known.get(path.name):
            return f"{path.name} is not as it was published"
    return ""
