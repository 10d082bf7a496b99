"""Patches of two real photographs that travel with scikit-learn: texture that nobody drew.

They are `china.jpg` (a palace, much fine structure) and `flower.jpg` (before a blurred background), 427×640 pixels
each, from Flickr under CC BY 2.0; scikit-learn's `datasets/images/README.txt` names the photographers. A band in the
middle of each, `BAND`, is for testing and what lies left and right of it for training, so no pixel is in both. Two
photographs are no population: a model learns these two, and a test patch is more of the same.
"""

from functools import lru_cache
from importlib.metadata import distribution

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gmcourse import expect
from gmcourse.data.images import Images
from gmcourse.reproducible import generator, mixed_seed

NAMES = ("china", "flower")
BAND = (300, 460)  # columns of the test set
LEFT_OUT = (220, 300)  # columns of the training set that "fit" has not, and "validation" has
DEFAULT = {"train": 4000, "test": 500, "fit": 4000, "validation": 500}


@lru_cache(maxsize=1)
def originals() -> Tensor:
    """Load both photographs as they are, (2, 3, 427, 640) uint8."""
    files = (distribution("scikit-learn").locate_file(f"sklearn/datasets/images/{name}.jpg") for name in NAMES)
    pixels = np.stack([np.asarray(Image.open(str(file))) for file in files])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def _lefts(split: str, size: int, width: int) -> Tensor:
    """Every column at which a patch of this split may begin."""
    start, stop = BAND
    pieces = {
        "train": [(0, start), (stop, width)],
        "test": [BAND],
        "fit": [(0, LEFT_OUT[0]), (stop, width)],
        "validation": [LEFT_OUT],
    }[split]
    return torch.cat([torch.arange(low, high - size + 1) for low, high in pieces])


@expect.door(split="train|test|fit|validation", n=">= 1", contrast=">= 0")
def load(split: str = "train", *, n: int | None = None, size: int = 32, contrast: float = 0.05) -> Images:
    """Square patches at random places, the two photographs in turn; always the same ones.

    Patches of one split overlap each other; those of two splits never do. Half of all places show smooth sky or a
    blurred background; by default they are passed over. Labels: 0 is "china", 1 "flower". Where something has to be
    chosen (how long to train), the training set comes in two parts that share no pixel either, "fit" and
    "validation". By default n is 4,000 to learn from and 500 to measure on; a side has 4 … 160 pixels, at most 80 for
    "validation". `contrast` is the least standard deviation of a patch's brightness in [0, 1]; 0 takes every place.
    """
    n = DEFAULT[split] if n is None else n
    start, stop = LEFT_OUT if split == "validation" else BAND
    expect.whole("size", size, least=4, most=stop - start)  # the width of the held-out band
    photographs = originals()
    height, width = photographs.shape[2:]
    lefts, draws = _lefts(split, size, width), generator(mixed_seed("photos", split))
    patches: list[Tensor] = []
    for _ in range(100 * n + 1000):
        x, y = (int(torch.randint(count, (), generator=draws)) for count in (len(lefts), height - size + 1))
        patch = photographs[len(patches) % len(NAMES), :, y : y + size, lefts[x] : lefts[x] + size]
        if not contrast or patch.float().mean(0).std() >= 255 * contrast:
            patches.append(patch)
        if len(patches) == n:
            return Images(torch.stack(patches), torch.arange(n) % len(NAMES), 256, NAMES)
    raise ValueError(f"contrast is {contrast}; expected 0 … 0.2: hardly any patch has as much")
