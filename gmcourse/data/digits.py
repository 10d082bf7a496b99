"""1,797 real handwritten digits, 8×8 pixels, 17 grey levels: small enough to travel with scikit-learn.

They come from 43 people and were reduced from 32×32 bitmaps by counting the ink in 4×4 cells, hence 0 … 16.
"""

from base64 import b64decode
from functools import lru_cache
from importlib.metadata import distribution

import numpy as np
import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.data.images import Images

LEVELS = 17
TESTED = (  # one bit for each image in base64: scikit-learn's train_test_split, stratified, of seed 0
    "AAAEiDUkEEAABkEAk0IFABoACAEAJAAoBiwSABAAlAoAkBkSBCD4oAKBEKAACAqIIEQVJElCQKAKAAAAQATYAACBgCAASAXEABBACKAQ"
    "AAVASAAwEAACDsQJAAIkhACDqAE8IKaYCgAAAAsIQAgEoBhIAgJAQcEAgARARoQ3aoECFgBEgABAQqCkGApQAIQLhWHGCBCACABMgMAg"
    "BAaOAAEIggCBADgIA8AIGQAAEA4BAIQQoCEAMygpBMBEwIBoDgECgwCCAIgipkAsJAQhCKhggJCBoAwCggJCEgE4pBUA"
)


@lru_cache(maxsize=1)
def _all() -> tuple[Tensor, Tensor, Tensor]:
    """Pixels, labels, and whether each image is for testing: scikit-learn's file, without its import of a second."""
    file = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    table = np.loadtxt(str(file), delimiter=",", dtype=np.int64)
    pixels, labels = torch.from_numpy(table).split([64, 1], dim=1)
    is_test = np.unpackbits(np.frombuffer(b64decode(TESTED), np.uint8), count=len(table)).astype(bool)
    return pixels.byte().reshape(-1, 1, 8, 8), labels[:, 0].clone(), torch.from_numpy(is_test)


@expect.door(split="train|test")
def load(split: str = "train") -> Images:
    """Load digits (N, 1, 8, 8) in 0 … 16, labelled 0 … 9: always the same 1,437 for training and 360 for testing."""
    pixels, labels, is_test = _all()
    chosen = is_test if split == "test" else ~is_test
    return Images(pixels[chosen], labels[chosen], LEVELS, tuple("0123456789"))
