"""A folder of pictures of one's own, as `Images`: subfolders are classes, as in torchvision's `ImageFolder`."""

import contextlib
import hashlib
import os
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor

from gmcourse import expect
from gmcourse.checkpoint import load_checkpoint, save_checkpoint
from gmcourse.console import visible
from gmcourse.data.images import Images
from gmcourse.data.picture import read

FORMAT = "gmcourse-folder-2"  # another number makes everything that was kept stale


@dataclass(frozen=True)
class Kept:
    """The pictures of a folder, each content once."""

    pixels: Tensor  # (N, C, H, W) uint8
    digests: Tensor  # (N, 32) uint8, the SHA-256 hashes of the files
    index: Tensor  # (N,) int64, the places of the files in the list that the folder gave
    problems: list[tuple[str, str]]  # name and reason of each file that gave no picture
    repeated: int  # how many files have the content of another one


def cache_file(root: Path, *options: object) -> Path:
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
    with contextlib.suppress(OSError):
        save_checkpoint(path, {"mark": mark, **vars(kept)})


def recall(path: Path, mark: str) -> Kept | None:
    """What was kept under this mark; None if there is nothing, if it is damaged, or of another state."""
    with contextlib.suppress(OSError, ValueError):
        found = load_checkpoint(path)
        if found.pop("mark", None) == mark:
            found["problems"] = [(name, reason) for name, reason in found["problems"]]
            return Kept(**found)
    return None


SHARE = 0.2  # of the files that are held out
NAMED = 5  # problems in a warning; the rest is counted
Problem = tuple[str, str]  # a file's name, and why it gave no picture


@expect.door(split="train|test", size=">= 4 <= 1024", share="> 0 < 1")
def load(
    split: str = "train",
    *,
    root: str | Path | None = None,
    size: int = 32,
    grey: bool = False,
    share: float = SHARE,
    keep: bool = True,
    progress: bool = True,
) -> Images:
    """Load the pictures of a folder, scaled and cropped to squares, in two parts that never mix.

    A picture is turned as its EXIF data say, laid on white where it is transparent, and scaled with a filter that
    does not alias until its shorter side fits; the middle square is kept. An animation gives its first picture.
    Files that are no pictures, or broken ones, are left out, counted, and named in a warning. Of several files
    with the same content one is kept. Hidden files (a leading dot) are passed over.

    A file is held out where the hash of its content says so, whatever its name and whatever other files there are.
    So no file changes sides when others are added, and the share is right on average only: of 200 files with a share
    of 0.2, between 25 and 55 are held out nearly always.

    The result is kept in the user's cache folder. It is made anew when a file has come, gone, or changed its size or
    its time, and when what was kept is damaged. Pixels are (N, 3 or 1, size, size) of 256 levels, labels (N,) int64.
    A folder without a picture is refused, and so is a part that none falls to.

    The folders in `root` are the classes, in alphabetical order; their pictures may lie deeper. Pictures that lie in
    no such folder are of a class with the name "". A share of the files is held out; a larger one moves files to
    "test", and none back. `keep` says whether the cache is read and written.
    """
    folder = expect.path("root", root)
    if not folder.is_dir():
        expect.refuse("root", visible(str(folder)), "a folder that is there, with pictures in it")
    files, problems = list_files(folder)
    place, mark = cache_file(folder, size, bool(grey)), mark_of(files)
    kept = recall(place, mark) if keep else None
    if kept is None:
        kept = _read_all(folder, [name for name, _, _ in files], size, grey, progress)
        if keep:
            store(place, mark, kept)
    _tell(folder, kept, sorted([*problems, *kept.problems]))
    paths = [Path(files[number][0]).parts for number in kept.index.tolist()]
    labels = [path[0] if len(path) > 1 else "" for path in paths]
    names = sorted(set(labels))
    chosen = held_out(kept.digests, share) == (split == "test")
    if not bool(chosen.any()):
        expect.refuse("share", f"{share}, with which no picture falls to {split!r}", "another, or more pictures")
    numbers = torch.tensor([names.index(label) for label in labels])
    return Images(kept.pixels[chosen], numbers[chosen], 256, tuple(map(visible, names)))


def list_files(root: Path) -> tuple[list[tuple[str, int, int]], list[Problem]]:
    """The files below a folder by name, size in bytes and time in nanoseconds; and what is no file, with the reason.

    Links are followed, after all that is no link. No folder is entered twice, so that a link to one above it ends:
    it is told among the problems.
    """
    found: list[tuple[str, int, int]] = []
    problems: list[Problem] = []
    entered: set[tuple[int, int]] = set()
    waiting, links = [""], list[str]()
    while waiting or links:
        name = waiting.pop() if waiting else links.pop()
        try:
            state = os.stat(root / name)
            if (state.st_dev, state.st_ino) in entered:
                problems.append((name, "a link to a folder that is read under another name"))
                continue
            entered.add((state.st_dev, state.st_ino))
            for entry in sorted(os.listdir(root / name), reverse=True):
                if entry.startswith("."):
                    continue
                path, below = root / name / entry, os.path.join(name, entry)
                if path.is_dir():
                    (links if path.is_symlink() else waiting).append(below)
                elif path.is_file():  # not a pipe, which might never end
                    state = path.stat()  # the second time changes with the rights, and where the first was put back
                    found.append((below, state.st_size, max(state.st_mtime_ns, state.st_ctime_ns)))
                else:
                    problems.append((below, "not a file, or a link that leads nowhere"))
        except OSError as error:
            problems.append((name, error.strerror or str(error)))
    return sorted(found), problems


def held_out(digests: Tensor, share: float) -> Tensor:
    """Which contents are held out: those whose hash, read as a number in [0, 1), is below the share. (N,) bool."""
    numbers = np.ascontiguousarray(digests[:, :8].numpy()).view(">u8")[:, 0]
    return torch.from_numpy(numbers / 2.0**64 < share)


def _tell(folder: Path, kept: Kept, problems: Sequence[Problem]) -> None:
    """Warn of what was left out; refuse a folder of which nothing is left."""
    text = f"{visible(str(folder))}: {len(kept.pixels)} pictures"
    if kept.repeated:
        text += f"; {kept.repeated} more files repeat the content of one of them"
    if problems:
        some = ", ".join(f"{visible(name)} ({reason})" for name, reason in problems[:NAMED])
        more = f" and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        text += f"; no picture came from {len(problems)} files: {some}{more}"
    if not len(kept.pixels):
        raise ValueError(f"{text}; expected a folder with pictures in it")
    if kept.repeated or problems:
        warnings.warn(text, stacklevel=4)


def _read_all(folder: Path, names: Sequence[str], size: int, grey: bool, progress: bool) -> Kept:
    """Read every picture once. Decoding releases Python's lock, so that threads help."""
    from tqdm import tqdm

    def attempt(name: str) -> tuple[np.ndarray, bytes] | str:
        try:
            return read(folder / name, size, grey)
        except ValueError as error:
            return str(error)

    pictures: dict[bytes, tuple[np.ndarray, int]] = {}  # by content
    problems: list[Problem] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")  # Pillow's own, of files that it reads all the same
        answers = pool.map(attempt, names)
        shown = tqdm(answers, "pictures", len(names), unit="file", delay=1, disable=not progress)
        for number, answer in enumerate(shown):
            if isinstance(answer, str):
                problems.append((names[number], answer))
            else:
                pictures.setdefault(answer[1], (answer[0], number))
    found = [pixels for pixels, _ in pictures.values()]
    stacked = np.stack(found) if found else np.empty((0, 3, size, size), np.uint8)
    return Kept(
        pixels=torch.from_numpy(stacked),
        digests=torch.tensor([list(digest) for digest in pictures], dtype=torch.uint8).reshape(-1, 32),
        index=torch.tensor([number for _, number in pictures.values()], dtype=torch.int64),
        problems=problems,
        repeated=len(names) - len(pictures) - len(problems),
    )
