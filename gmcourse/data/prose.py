"""The course's own prose, 198 kB of lessons and docstrings of November 2026; a file that never changes."""

from importlib.resources import files

import torch
from torch import Tensor

from gmcourse import expect

ALPHABET = "\n %'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@expect.door(split="train|test")
def load(split: str = "train") -> Tensor:
    """Load the first 177,942 characters or the last 20,000, as their places in `ALPHABET`, (N,) int64."""
    text = files("gmcourse.data").joinpath("prose.txt").read_text(encoding="ascii")
    codes = torch.tensor([ALPHABET.index(character) for character in text])
    return codes[:-20_000] if split == "train" else codes[-20_000:]


@expect.door(codes="n; integer, >= 0 <= 73")
def written(codes: Tensor) -> str:
    """Write places in the alphabet (n,) as the text that they stand for."""
    return "".join(ALPHABET[code] for code in codes.tolist())
