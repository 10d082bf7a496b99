"""torchvision's data sets, as `Images`: their own files, folders and checks, in memory at once."""

import importlib
import os
from pathlib import Path
from typing import Any

import torch

from gmcourse import expect
from gmcourse.data.images import Images

NAMES = "mnist|fashion_mnist|kmnist|cifar10|celeba"
DIGITS = tuple("0123456789")
GARMENTS: tuple[str, ...] = ("t-shirt", "trouser", "pullover", "dress", "coat")
GARMENTS += ("sandal", "shirt", "sneaker", "bag", "ankle boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@expect.door()
def data_root(root: str | Path | None = None) -> Path:
    """Where torchvision's sets lie: the argument, else `GMCOURSE_DATA`, else `~/.cache/gmcourse`."""
    return expect.path(
        "GMCOURSE_DATA" if root is None else "root", root or os.environ.get("GMCOURSE_DATA") or "~/.cache/gmcourse"
    )


@expect.door(name=NAMES, split="train|test", size=">= 1", limit=">= 1")
def load(
    name: str,
    split: str = "train",
    *,
    root: str | Path | None = None,
    download: bool = False,
    size: int = 64,
    limit: int | None = None,
) -> Images:
    """Load one of torchvision's sets into memory.

    Where no files are there, the message of the `RuntimeError` names a bundled set that will do; files that are
    damaged or incomplete are a `ValueError`.

    With `download` the set is fetched if it is not there, which is never done unasked. `size` is the side of CelebA's
    pictures, whose middle square is scaled down, and `limit` the most images (CelebA has 200,000).
    """
    datasets = importlib.import_module("torchvision.datasets")  # one that does not fit torch is no fault of the files
    folder, (kind, names, stand_in, places) = data_root(root), _SETS[name]
    instead = f"use the bundled load({stand_in!r})"
    try:
        if kind == "CelebA":
            return _celeba(split, folder, download, size, limit)
        found = getattr(datasets, kind)(str(folder), train=split == "train", download=download)
        return _labelled(found, names, limit)
    except MemoryError:
        raise
    except Exception as error:  # torchvision's readers raise anything at files of another kind
        # torchvision says "not found" of a set of which half is there
        inside = (each for place in places for each in (folder / place, *(folder / place).rglob("*")))
        if "not found" in str(error) and not any(each.is_file() for each in inside):
            raise RuntimeError(
                f"{name} is not in {folder}. Set GMCOURSE_DATA to the folder that holds it in torchvision's "
                f"layout, or call load({name!r}, download=True) with a network, or {instead}."
            ) from error
        if download and (isinstance(error, OSError) or "download" in str(error).lower()):
            message = f"{name} could not be fetched into {folder} ({error}). Without a network {instead}."
            raise RuntimeError(message) from error
        message = f"the files of {name} in {folder} are damaged ({error}). Delete them and fetch them again."
        raise ValueError(message) from error


@expect.door(name=NAMES)
def state(name: str, root: str | Path | None = None) -> tuple[str, str]:
    """Try whether both parts load: "complete", "missing" or "damaged", and what `load` says of the last two."""
    importlib.import_module("torchvision.datasets")
    try:
        for split in ("train", "test"):
            load(name, split, root=root, limit=1)
    except RuntimeError as error:
        return "missing", str(error)
    except ValueError as error:
        return "damaged", str(error)
    return "complete", ""


def _labelled(found: Any, names: tuple[str, ...], limit: int | None) -> Images:
    pixels, labels = torch.as_tensor(found.data), torch.as_tensor(found.targets)
    if len(pixels) != len(labels) or len(pixels) == 0:
        raise ValueError(f"{len(pixels)} images, but {len(labels)} labels")
    if int(labels.max()) >= len(names):
        raise ValueError(f"a label is {int(labels.max())}, but there are {len(names)} classes")
    pixels = pixels.permute(0, 3, 1, 2) if pixels.ndim == 4 else pixels[:, None]
    return Images(pixels[:limit].contiguous(), labels[:limit], 256, names)


def _celeba(split: str, folder: Path, download: bool, size: int, limit: int | None) -> Images:
    from torchvision import transforms
    from torchvision.datasets import CelebA

    steps = transforms.CenterCrop(140), transforms.Resize(size), transforms.PILToTensor()
    found = CelebA(str(folder), split, "attr", transform=transforms.Compose(steps), download=download)
    present = set(os.listdir(folder / "celeba" / "img_align_celeba"))
    if missing := [each for each in found.filename if each not in present]:
        raise ValueError(f"{len(missing)} of {len(found)} pictures are missing, such as {missing[0]}")
    count = min(limit or len(found), len(found))
    pixels = torch.stack([found[i][0] for i in range(count)])
    return Images(pixels, found.attr[:count].float(), 256, tuple(found.attr_names[: found.attr.shape[1]]))


# torchvision's class, the names of its classes, the bundled set that will do in its place, and where its files lie.
_SETS: dict[str, tuple[str, tuple[str, ...], str, tuple[str, ...]]] = {
    "mnist": ("MNIST", DIGITS, "digits", ("MNIST",)),
    "fashion_mnist": ("FashionMNIST", GARMENTS, "digits", ("FashionMNIST",)),
    "kmnist": ("KMNIST", KANA, "digits", ("KMNIST",)),
    "cifar10": ("CIFAR10", OBJECTS, "photos", ("cifar-10-batches-py", "cifar-10-python.tar.gz")),
    "celeba": ("CelebA", (), "faces", ("celeba",)),
}
