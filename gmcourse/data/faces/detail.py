"""What varies about a picture without having a name: strands, locks, freckles, pores, weave, grain.

Attributes alone leave a picture some eighteen unknowns, and then a small picture says nearly all there is to know
about the large one. These make it many.
"""

import torch
from torch import Tensor

from gmcourse.data.faces.canvas import coverage, smooth_step

MASK = 0xFFFFFFFF
FACTOR = 0x45D9F3B  # below 2**27, so that a product with 32 bits fits into int64


def scrambled(bits: Tensor) -> Tensor:
    """Mix 32 bits until each depends on all 32 of the input's: multiply and shift, twice. int64 in, int64 out."""
    bits = (((bits >> 16) ^ bits) * FACTOR) & MASK
    bits = (((bits >> 16) ^ bits) * FACTOR) & MASK
    return (bits >> 16) ^ bits


def hashed(seeds: Tensor, places: Tensor) -> Tensor:
    """Make 32 bits, int64, for each pair of a seed and a place, by arithmetic that is the same on every device."""
    high = (seeds >> 32) & MASK
    start = scrambled(scrambled(seeds & MASK) ^ high)
    return scrambled(start ^ scrambled(places & MASK))


def uniform(seeds: Tensor, n: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Make n numbers in [0, 1) for each seed, (B, n)."""
    return (hashed(seeds[:, None], torch.arange(n, device=seeds.device)) >> 8).to(dtype) / 2**24


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

    Seeds are (B,), and `along` is the coordinate, (B or 1, h, w). A frequency says about how many radians its sine
    makes per unit; `first` says which of the seed's numbers to begin with, so that two lines of one face differ.
    """
    count = len(frequencies)
    numbers = uniform(seeds, first + 2 * count, along.dtype)[:, first:]
    total = torch.zeros_like(along[:1])
    for k, frequency in enumerate(frequencies):
        rate = frequency * (0.75 + 0.5 * numbers[:, 2 * k]).view(-1, 1, 1)
        phase = (6.2831853 * numbers[:, 2 * k + 1]).view(-1, 1, 1)
        total = total + (along * rate + phase).sin()
    return total / count


SEEDS_OF = {"strands": 101, "freckles": 211, "pores": 307, "weave": 401, "grain": 503}


class Detail:
    """The nuisance of a batch of pictures, all of it a function of their seeds (B,) int64.

    `numbers` (B, 16) in [0, 1) are for what is decided once a picture.
    """

    def __init__(self, seeds: Tensor, dtype: torch.dtype) -> None:
        self.seeds, self.numbers = seeds, uniform(seeds, 16, dtype)

    def number(self, k: int) -> Tensor:
        """Give the k-th number of each picture, (B, 1, 1)."""
        return self.numbers[:, k].view(-1, 1, 1)

    def _seeds(self, what: str) -> Tensor:
        return self.seeds * 1021 + SEEDS_OF[what]

    def locks(self, along: Tensor) -> Tensor:
        """How far the edge of the hair stands out, −1 … 1."""
        return waves(self._seeds("strands"), along, (9.0, 19.0, 31.0), 0)

    def strands(self, across: Tensor, along: Tensor) -> Tensor:
        """How light each strand is, −1 … 1; `across` counts strands, `along` runs down them."""
        bent = across + 0.06 * (along * 5 + 6.28 * self.number(0)).sin()
        return waves(self._seeds("strands"), bent, (9.0, 24.0, 41.0, 63.0, 88.0), 8)

    def freckles(self, x: Tensor, y: Tensor, pixel: float) -> Tensor:
        """The share of each pixel that freckles cover; two faces in five have some."""
        amount = smooth_step(self.number(1), 0.6, 0.95)
        bits, u, v = cells(self._seeds("freckles"), x, y, 17.0)
        radius = ((bits & 255).to(x.dtype) / 255) * 0.3
        centre_u = 0.3 + ((bits >> 8) & 255).to(x.dtype) / 255 * 0.4
        centre_v = 0.3 + ((bits >> 16) & 255).to(x.dtype) / 255 * 0.4
        distance = ((u - centre_u) ** 2 + (v - centre_v) ** 2 + 1e-8).sqrt() - radius
        return coverage(distance, max(pixel * 17, 0.2)) * smooth_step(radius, 0.05, 0.2) * amount

    def pores(self, x: Tensor, y: Tensor) -> Tensor:
        """How the skin is lighter and darker from place to place, −1 … 1."""
        seeds = self._seeds("pores")
        total = torch.zeros_like(x)
        for frequency, turned in ((8.0, 0.3), (17.0, -0.6), (37.0, 0.45)):
            bits, u, v = cells(seeds + int(frequency), x + turned * y, y - turned * x, frequency)
            height = (bits & 255).to(x.dtype) / 127.5 - 1
            total = total + height * (16 * u * (1 - u) * v * (1 - v))
        return total / 1.7

    def weave(self, x: Tensor, y: Tensor) -> Tensor:
        """Draw the pattern of the cloth, −1 … 1: from plain over stripes to checks, with the knit in it."""
        seeds = self._seeds("weave")
        rate = 22 + 26 * self.number(2)
        phase = 6.28 * self.number(3)
        rows = ((y * rate + phase).sin() * 2.5).clamp(-1, 1) * smooth_step(self.number(4), 0.45, 0.6)
        columns = ((x * rate + phase).sin() * 2.5).clamp(-1, 1) * smooth_step(self.number(5), 0.6, 0.75)
        knit = waves(seeds, x + 0.2 * y, (61.0, 83.0), 0) * waves(seeds, y - 0.2 * x, (57.0, 90.0), 4)
        return 0.5 * rows + 0.4 * columns + 0.5 * knit

    def exposure(self) -> Tensor:
        """By what the camera multiplies its colours, (B, 3, 1, 1): exposure ±8%, white balance ±4%."""
        off = 2 * self.numbers[:, 8:12] - 1
        return (1 + 0.08 * off[:, :1] + 0.04 * off[:, 1:])[:, :, None, None]

    def falloff(self, x: Tensor, y: Tensor) -> Tensor:
        """How much lighter one side of the wall is than the other, within 7% at the edges."""
        return 1 + 0.07 * ((2 * self.number(12) - 1) * x + (2 * self.number(13) - 1) * y)

    def grain(self, size: int, dtype: torch.dtype) -> Tensor:
        """Draw the noise of the sensor, (B, 3, size, size), of a standard deviation of 0.010 … 0.030."""
        level = 0.010 + 0.020 * self.numbers[:, 6].view(-1, 1, 1, 1)
        return near_normal(self._seeds("grain"), (3, size, size), dtype) * level
