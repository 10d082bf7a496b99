"""What varies about a picture without having a name: strands, locks, freckles, pores, weave, grain.

Attributes alone leave a picture some eighteen unknowns, and then a small picture says nearly all there is to know
about the large one. These make it many.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse.data.faces.distances import coverage, smooth_step
from gmcourse.data.faces.noise import cells, near_normal, uniform, waves

SEEDS_OF = {"strands": 101, "freckles": 211, "pores": 307, "weave": 401, "grain": 503}


@dataclass(frozen=True)
class Detail:
    """The nuisance of a batch of pictures, all of it a function of their seeds.

    Attributes:
        seeds: (B,) int64.
        numbers: (B, 16) in [0, 1), for what is decided once a picture.
    """

    seeds: Tensor
    numbers: Tensor

    @staticmethod
    def of(seeds: Tensor, dtype: torch.dtype) -> Detail:
        """The detail that belongs to some seeds."""
        return Detail(seeds, uniform(seeds, 16, dtype))

    def number(self, k: int) -> Tensor:
        """The k-th number of each picture, (B, 1, 1)."""
        return self.numbers[:, k].view(-1, 1, 1)

    def _seeds(self, what: str) -> Tensor:
        return self.seeds * 1021 + SEEDS_OF[what]

    def locks(self, along: Tensor) -> Tensor:
        """How far the edge of the hair stands out, −1 … 1."""
        return waves(self._seeds("strands"), along, (7.0, 13.0, 22.0), 0)

    def strands(self, across: Tensor, along: Tensor) -> Tensor:
        """How light each strand is, −1 … 1; `across` counts strands, `along` runs down them."""
        bent = across + 0.06 * (along * 5 + 6.28 * self.number(0)).sin()
        return waves(self._seeds("strands"), bent, (24.0, 41.0, 63.0, 88.0), 8)

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
        coarse = waves(seeds, x + 0.4 * y, (11.0, 19.0), 0) * waves(seeds, y - 0.4 * x, (9.0, 17.0), 4)
        fine = waves(seeds, x + 0.7 * y, (47.0, 71.0), 8) * waves(seeds, y - 0.6 * x, (43.0, 67.0), 12)
        return 0.6 * coarse + fine

    def weave(self, x: Tensor, y: Tensor) -> Tensor:
        """The pattern of the cloth, −1 … 1: from plain over stripes to checks, with the knit in it."""
        seeds = self._seeds("weave")
        rate = 22 + 26 * self.number(2)
        phase = 6.28 * self.number(3)
        rows = ((y * rate + phase).sin() * 2.5).clamp(-1, 1) * smooth_step(self.number(4), 0.45, 0.6)
        columns = ((x * rate + phase).sin() * 2.5).clamp(-1, 1) * smooth_step(self.number(5), 0.6, 0.75)
        knit = waves(seeds, x + 0.2 * y, (61.0, 83.0), 0) * waves(seeds, y - 0.2 * x, (57.0, 90.0), 4)
        return 0.5 * rows + 0.4 * columns + 0.5 * knit

    def grain(self, size: int, dtype: torch.dtype) -> Tensor:
        """The noise of the sensor, (B, 3, size, size), of a standard deviation of 0.008 … 0.024."""
        level = 0.008 + 0.016 * self.numbers[:, 6].view(-1, 1, 1, 1)
        return near_normal(self._seeds("grain"), (3, size, size), dtype) * level
