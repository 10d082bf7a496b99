"""Reading attributes off faces without a network: the median, and linear regression from the pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

import torch
from torch import Tensor

from gmcourse.reproducible import seed_torch
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes import attribute_network
from gmcourse_recipes.running.drawn_faces import damaged, drawn_faces
from tools.zoo.tasks import linear
from tools.zoo.tasks.timing import timed

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Reader:
    """What reads attributes as shares of their ranges off pixels (N, D): all that the recipe asks of a network."""

    read: Callable[[Tensor], Tensor]

    def share_of_range(self, x: Tensor) -> Tensor:
        """Read each attribute as a share of its range, (N, 18), from pictures (N, 3, 32, 32)."""
        return self.read(x.flatten(1)).float().clamp(0, 1)


def errors(reader: Reader) -> dict[str, float]:
    """Measure as the recipe of the attribute network does, on drawn faces alone.

    What it measures on faces of other trained models is left out: they would have to be those of this day.
    """
    with mock.patch.object(attribute_network, "beside_fits", return_value={}):
        found = dict(attribute_network.RECIPE.measure(reader, CPU))
    del found["test_error_of_the_median_share_of_range"]  # it is that of the test faces, whoever reads them
    return found


def measure() -> Rows:
    """Measure the median of each attribute, and linear regression from faces damaged as the network saw them."""
    pixels, shares = drawn_faces(CPU)
    median = shares.median(0).values
    seed_torch(0)
    seen, _ = damaged(pixels.float() / 255, attribute_network.MOST_BLUR, attribute_network.MOST_NOISE)
    fitted, seconds = timed(lambda: linear.with_chosen_ridge(seen.flatten(1), shares))
    return {
        "median": errors(Reader(lambda x: median.expand(len(x), -1))),
        "linear regression": {**errors(Reader(fitted)), "seconds": seconds},
    }
