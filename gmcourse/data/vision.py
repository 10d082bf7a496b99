"""torchvision's data sets, as `Images`: their own files, folders and checks, in memory at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gmcourse.data.images import Images

DIGITS = tuple("0123456789")
GARMENTS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

STAND_INS = {
    "mnist": "digits",
    "fashion_mnist": "digits",
    "kmnist": "digits",
    "cifar10": "photos",
    "celeba": "faces",
}


def data_root(root: str | Path | None = None) -> Path:
    """Where torchvision's sets lie: the argument, else `GMCOURSE_DATA`, else `~/.cache/gmcourse`."""
    return Path(root or os.environ.get("GMCOURSE_DATA") or Path.home() / ".cache" / "gmcourse").expanduser()


def load(
    name: str,
    split: str = "train",
    *,
    root: str | Path | None = None,
    download: bool = False,
    size: int = 64,
    limit: int | None = None,
) -> Images:
    """One of torchvision's sets.

    Args:
        name: see `gmcourse.data.TORCHVISION`.
        split: "train" or "test".
        root: see `data_root`.
        download: fetch it if it is not there. Never done unasked.
        size: of CelebA's pictures, whose middle square is scaled down; the others have a size of their own.
        limit: at most this many images (CelebA has 200,000).

    Raises:
        RuntimeError: the files are not there; the message names a bundled set that will do.
        ValueError: the files are there but damaged; a size or a limit below 1.
    """
    if size < 1 or (limit is not None and limit < 1):
        raise ValueError(f"size is {size} and limit is {limit}; expected both at least 1")
    folder = data_root(root)
    instead = f"use the bundled load({STAND_INS[name]!r})"
    try:
        return _READERS[name](name, split, folder, download, size, limit)
    except (RuntimeError, OSError, ValueError, AssertionError, EOFError) as error:
        if "not found" in str(error):
            raise RuntimeError(
                f"{name} is not in {folder}. Set GMCOURSE_DATA to the folder that holds it in torchvision's "
                f"layout, or call load({name!r}, download=True) with a network, or {instead}."
            ) from error
        if download and (isinstance(error, OSError) or "download" in str(error).lower()):
            raise RuntimeError(
                f"{name} could not be fetched into {folder} ({error}). Without a network {instead}."
            ) from error
        raise ValueError(
            f"the files of {name} in {folder} are damaged ({error}). Delete them and fetch them again."
        ) from error


def _check_complete(pixels: Tensor, labels: Tensor) -> None:
    if len(pixels) != len(labels) or len(pixels) == 0:
        raise ValueError(f"{len(pixels)} images, but {len(labels)} labels")


def _mnist_like(name: str, split: str, folder: Path, download: bool, size: int, limit: int | None) -> Images:
    from torchvision import datasets

    kind, names = {
        "mnist": (datasets.MNIST, DIGITS),
        "fashion_mnist": (datasets.FashionMNIST, GARMENTS),
        "kmnist": (datasets.KMNIST, KANA),
    }[name]
    found = kind(str(folder), train=split == "train", download=download)
    _check_complete(found.data, found.targets)
    return Images(found.data[:limit, None], found.targets[:limit], 256, names)


def _cifar10(name: str, split: str, folder: Path, download: bool, size: int, limit: int | None) -> Images:
    from torchvision.datasets import CIFAR10

    found = CIFAR10(str(folder), train=split == "train", download=download)
    pixels = torch.as_tensor(found.data[:limit]).permute(0, 3, 1, 2).contiguous()
    labels = torch.as_tensor(found.targets[:limit])
    _check_complete(pixels, labels)
    return Images(pixels, labels, 256, OBJECTS)


def _celeba(name: str, split: str, folder: Path, download: bool, size: int, limit: int | None) -> Images:
    from torchvision import transforms
    from torchvision.datasets import CelebA

    small = transforms.Compose(
        [transforms.CenterCrop(140), transforms.Resize(size), transforms.PILToTensor()]
    )
    found = CelebA(str(folder), split=split, target_type="attr", transform=small, download=download)
    count = min(limit or len(found), len(found))
    pixels = torch.stack([found[i][0] for i in range(count)])
    return Images(pixels, found.attr[:count].float(), 256, tuple(found.attr_names[: found.attr.shape[1]]))


_READERS: dict[str, Callable[[str, str, Path, bool, int, int | None], Images]] = {
    "mnist": _mnist_like,
    "fashion_mnist": _mnist_like,
    "kmnist": _mnist_like,
    "cifar10": _cifar10,
    "celeba": _celeba,
}


def available(root: str | Path | None = None) -> dict[str, bool]:
    """Which of torchvision's sets lie in the data folder, judged by their folders alone."""
    folder = data_root(root)
    places: dict[str, Any] = {
        "mnist": "MNIST/raw",
        "fashion_mnist": "FashionMNIST/raw",
        "kmnist": "KMNIST/raw",
        "cifar10": "cifar-10-batches-py",
        "celeba": "celeba",
    }
    return {name: (folder / place).is_dir() for name, place in places.items()}
