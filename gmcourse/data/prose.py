"""The course's own prose as characters: 198 kB of its lessons and docstrings, as they were in November 2026.

The file never changes, so that what a model scores on it stays what it was. Its paragraphs are in random order.
"""

from importlib.resources import files

import torch
from torch import Tensor

from gmcourse.expect.door import door

ALPHABET = "\n %'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TEST = 20_000  # characters at the end


@door(split="train|test")
def load(split: str = "train") -> Tensor:
    """Load the first 177,942 characters or the last 20,000, as their places in `ALPHABET`, (N,) int64."""
    text = files("gmcourse.data").joinpath("prose.txt").read_text(encoding="ascii")
    codes = torch.tensor([ALPHABET.index(character) for character in text])
    return codes[:-TEST] if split == "train" else codes[-TEST:]


@door(codes="n; integer, >= 0 <= 73")
def written(codes: Tensor) -> str:
    """Write places in the alphabet (n,) as the text that they stand for."""
    return "".join(ALPHABET[code] for code in codes.tolist())
