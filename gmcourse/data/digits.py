"""1,797 real handwritten digits, 8×8 pixels, 17 grey levels: small enough to travel with scikit-learn.

They come from 43 people and were reduced from 32×32 bitmaps by counting the ink in 4×4 cells, hence 0 … 16.
"""

from functools import lru_cache

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.data.images import Images
from gmcourse.reproducible import plain_defaults

LEVELS = 17


@lru_cache(maxsize=1)
@plain_defaults()
def _all() -> tuple[Tensor, Tensor, Tensor]:
    """Pixels, labels, and for each image whether it belongs to the test set."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    pixels = torch.as_tensor(bunch.images, dtype=torch.uint8)[:, None]
    labels = torch.as_tensor(bunch.target, dtype=torch.int64)
    # stratified, so that each digit has its share of both parts; always the same split
    _, test = train_test_split(range(len(labels)), test_size=360, random_state=0, stratify=bunch.target)
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    is_test[test] = True
    return pixels, labels, is_test


@expect.door(split="train|test")
def load(split: str = "train") -> Images:
    """Load digits (N, 1, 8, 8) in 0 … 16, labelled 0 … 9: always the same 1,437 for training and 360 for testing."""
    pixels, labels, is_test = _all()
    chosen = is_test if split == "test" else ~is_test
    return Images(pixels[chosen], labels[chosen], LEVELS, tuple("0123456789"))
