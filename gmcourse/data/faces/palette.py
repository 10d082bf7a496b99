"""The colours of the set: a few ramps, chosen by eye so that everything goes with everything."""

import torch
from torch import Tensor

SKIN = ("f9dcc6", "f1c8a6", "dda376", "b57647", "8a5433", "5f3827")
HAIR = ("2b2024", "432a22", "6b3b22", "a64b24", "cf7f35", "efc778")
GREY_HAIR = "d8d4cf"
CLOTHES = ("e3a52f", "cd5a3c", "8c2f4a", "3c4a80", "2f7f7b", "efe5d3")
BACKGROUND = ("2c6e74", "86b09a", "efdcb4", "ec9a73", "9a6286")
SHADOW = (0.85, 0.71, 0.71)  # what the shaded side of skin is multiplied by
INK = "2a1f2b"  # frames, lashes, pupils: never pure black
IRIS = "5b3a26"
IRISES = ("3f2a1f", "5b3a26", "7a5a34", "6f8050", "4f86a3")  # chosen by detail: from dark brown to blue
WHITE = "fbf6ee"
MOUTH = "5d1d26"
TONGUE = "d6666a"
TEETH = "fffaf1"


def rgb(code: str) -> tuple[float, float, float]:
    """Read a hexadecimal code as three numbers in [0, 1].

    >>> rgb("ff0000")
    (1.0, 0.0, 0.0)
    """
    r, g, b = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def color(code: str, like: Tensor) -> Tensor:
    """Make one colour (1, 3), on the device of `like`."""
    return like.new_tensor([rgb(code)])


def ramp(position: Tensor, codes: tuple[str, ...]) -> Tensor:
    """Find the colours (B, 3) at places (B,) in [0, 1] along evenly spaced stops in hexadecimal."""
    stops = position.new_tensor([rgb(code) for code in codes])
    places = torch.arange(len(codes), device=position.device, dtype=position.dtype)
    weights = (1 - (position[:, None] * (len(codes) - 1) - places).abs()).clamp_min(0)
    return weights @ stops


def mix(first: Tensor, second: Tensor, share: Tensor | float) -> Tensor:
    """Mix `share` of the second colour with the rest of the first. A share per face has shape (B, 1)."""
    return first + (second - first) * share


def shaded(base: Tensor) -> Tensor:
    """Put a colour into warm shadow."""
    return base * base.new_tensor(SHADOW)
