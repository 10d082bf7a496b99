"""Super-resolution of photographs, 8×8 → 32×32, by least squares, and the encoder of `srflow_photos`.

Two photographs are little to learn from. So a part of their training region is left out of training and
watched: the log has its loss as "validation". It stopped falling at 2,400 steps and had not risen at 3,000.
"""

import torch

from gmcourse.data import Images, load, photos
from gmcourse_recipes.running.super_resolution import Task, regression


def mirrored(images: Images) -> Images:
    """Add the mirror images of the pictures after them."""
    both = torch.cat([images.pixels, images.pixels.flip(3)])
    return Images(both, images.labels.repeat(2), images.grey_levels, images.names)


TASK = Task(
    4,
    train=lambda: mirrored(photos.load("fit", n=12_000)),
    test=lambda: load("photos", "test"),
    validation=lambda: photos.load("validation", n=200),
)

RECIPE = regression(
    TASK,
    {"channels": 24, "growth": 12, "n_blocks": 1},
    steps=3000,
    batch_size=32,
    described="12,000 patches of two photographs and their mirror images, 32×32, and their 8×8 low resolutions",
    half=True,
)
