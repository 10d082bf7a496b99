"""Data: one `load(name)` for everything that is made of pixels, and `toy` for densities in the plane."""

import importlib
import os
import warnings
from pathlib import Path
from typing import Any

from gmcourse import expect
from gmcourse.data.images import FIVE_BITS, Images, five_bits
from gmcourse.reproducible import plain_defaults

BUNDLED = ("digits", "faces", "photos")
TORCHVISION = ("mnist", "fashion_mnist", "kmnist", "cifar10", "celeba")


@expect.door(name="|".join((*BUNDLED, *TORCHVISION, "folder")), split="train|test")
@plain_defaults()
def load(name: str, split: str = "train", *, root: str | Path | None = None, **options: Any) -> Images:
    """Load images by name.

    Damaged files are a `ValueError`, a set of torchvision that is not there is a `RuntimeError`.

    Bundled, so that no network is ever needed, are "digits" (real), "faces" (drawn) and "photos" (real patches). From
    torchvision come "mnist", "fashion_mnist", "kmnist", "cifar10" and "celeba". "folder" is a folder of pictures of
    your own, see `gmcourse.data.folder.load`. The root is where torchvision's sets lie, by default the environment
    variable `GMCOURSE_DATA`, else `~/.cache/gmcourse`; or it is the folder of your own. Options are those of the set,
    such as `n` and `size` for "faces", or `download=True` for torchvision's.
    """
    if name in BUNDLED:
        return importlib.import_module(f"gmcourse.data.{name}").load(split, **options)
    if name == "folder":
        from gmcourse.data import folder

        return folder.load(split, root=root, **options)
    from gmcourse.data import vision

    return vision.load(name, split, root=root, **options)


@expect.door(name="|".join(TORCHVISION))
def at_hand(name: str, *, otherwise: str) -> str:
    """Give `name` where `GMCOURSE_DATA` is set and that set can be loaded from there, else `otherwise`.

    So a lesson uses larger data where somebody has put it. A set that is there in part is left, with a warning.
    """
    if not os.environ.get("GMCOURSE_DATA"):
        return otherwise
    from gmcourse.data import vision

    found, reason = vision.state(name)
    if found == "damaged":
        warnings.warn(f"{otherwise} is used, since {reason}", stacklevel=2)
    return name if found == "complete" else otherwise
