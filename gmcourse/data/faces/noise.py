"""Random numbers out of arithmetic alone: the same on every device, in any order, for any batch size.

A hash turns (seed, place) into 32 well-mixed bits. Nothing is drawn and nothing is remembered, so picture 7 of a
batch is picture 7 wherever and beside whatever it is drawn.
"""

import torch
from torch import Tensor

MASK = 0xFFFFFFFF
FACTOR = 0x45D9F3B  # below 2**27, so that a product with 32 bits fits into int64


def scrambled(bits: Tensor) -> Tensor:
    """Mix 32 bits until each depends on all 32 of the input's: multiply and shift, twice. int64 in, int64 out."""
    bits = (((bits >> 16) ^ bits) * FACTOR) & MASK
    bits = (((bits >> 16) ^ bits) * FACTOR) & MASK
    return (bits >> 16) ^ bits


def hashed(seeds: Tensor, places: Tensor) -> Tensor:
    """Make 32 bits, int64 in [0, 2³²), for each pair of a seed and a place, int64 that broadcast."""
    high = (seeds >> 32) & MASK
    start = scrambled(scrambled(seeds & MASK) ^ high)
    return scrambled(start ^ scrambled(places & MASK))


def uniform(seeds: Tensor, n: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Make n numbers in [0, 1) for each seed, (B, n)."""
    places = torch.arange(n, device=seeds.device)
    return (hashed(seeds[:, None], places) >> 8).to(dtype) / 2**24


def near_normal(seeds: Tensor, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    """Make numbers of mean 0 and variance 1 for each seed, (B, *shape): the sum of the four bytes of a hash.

    A sum of four uniform numbers has bounded tails (±3.46) and an excess kurtosis of −0.3; for the grain of a sensor
    that is close enough to normal, and it is exact arithmetic.
    """
    count = torch.Size(shape).numel()
    places = torch.arange(count, device=seeds.device) + 0x10000
    bits = hashed(seeds[:, None], places)
    total = (bits & 255) + ((bits >> 8) & 255) + ((bits >> 16) & 255) + (bits >> 24)
    deviation = (4 * (256**2 - 1) / 12) ** 0.5
    return ((total.to(dtype) - 510) / deviation).view(len(seeds), *shape)


def cells(seeds: Tensor, x: Tensor, y: Tensor, frequency: float) -> tuple[Tensor, Tensor, Tensor]:
    """Lay a grid over the plane: 32 bits for the cell of each point, and where in its cell it lies, 0 … 1."""
    u, v = x * frequency, y * frequency
    column, row = u.detach().floor(), v.detach().floor()
    places = (column.to(torch.int64) + 512) * 1024 + row.to(torch.int64) + 512
    return hashed(seeds.view(-1, 1, 1), places), u - column, v - row


def waves(seeds: Tensor, along: Tensor, frequencies: tuple[float, ...], first: int) -> Tensor:
    """Make a smooth random line: sines whose phases and exact frequencies depend on the seed, within ±1.

    Args:
        seeds: (B,).
        along: (B or 1, h, w), the coordinate.
        frequencies: about how many radians each sine makes per unit.
        first: which of the seed's numbers to begin with, so that two lines of one face differ.
    """
    count = len(frequencies)
    numbers = uniform(seeds, first + 2 * count, along.dtype)[:, first:]
    total = torch.zeros_like(along[:1])
    for k, frequency in enumerate(frequencies):
        rate = frequency * (0.75 + 0.5 * numbers[:, 2 * k]).view(-1, 1, 1)
        phase = (6.2831853 * numbers[:, 2 * k + 1]).view(-1, 1, 1)
        total = total + (along * rate + phase).sin()
    return total / count
