"""Sets of faces, drawn on demand: nothing lies on the disk."""

import torch

from gmcourse.data.faces.attributes import NAMES
from gmcourse.data.faces.painting import render
from gmcourse.data.faces.sampling import sample
from gmcourse.data.images import Images
from gmcourse.expect.door import door
from gmcourse.reproducible import mixed_seed

NUMBER = {"train": 10_000, "test": 2_000}
BLOCK = 1000  # faces are drawn in blocks, so that the first thousand do not depend on how many follow
FIRST_DETAIL = {"train": 0, "test": 1 << 40}  # disjoint for any n that fits into memory


@torch.no_grad()
@door(split="train|test", n=">= 1")
def load(
    split: str = "train",
    *,
    n: int | None = None,
    size: int = 32,
    detail: bool = True,
    distribution: str = "natural",
) -> Images:
    """Draw a set of faces, whose labels are the attributes (N, 18).

    The seeds of the two splits are disjoint; a smaller set is the beginning of a larger one. By default n is 10,000
    for training, 2,000 for testing. With `detail`, strands, freckles, cloth, grain and so on are drawn, from a seed
    of its own for each picture.
    """
    n = NUMBER[split] if n is None else n
    pixels, labels = [], []
    for first in range(0, n, BLOCK):
        attributes = sample(BLOCK, distribution=distribution, seed=mixed_seed(split, first))[: n - first]
        seeds = FIRST_DETAIL[split] + first + torch.arange(len(attributes)) if detail else None
        pixels.append(render(attributes, size, detail=seeds).mul(255).round().to(torch.uint8))
        labels.append(attributes)
    return Images(torch.cat(pixels), torch.cat(labels), 256, NAMES)
