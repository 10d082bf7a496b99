"""A small MADE that writes digits from the last pixel to the first, for the live figure of lesson 11."""

from dataclasses import replace

from gmcourse_recipes import pixelcnn_digits
from gmcourse_recipes.running import Recipe, adam

RECIPE: Recipe = replace(
    pixelcnn_digits.RECIPE,
    model="gmcourse.models.autoregressive:MADE",
    arguments={"dims": 64, "levels": 17, "hidden": [32], "dropout": 0.2, "order": [*range(63, -1, -1)]},
    step=adam(2e-2, decay=0.3, clip=1.0),
    steps=1500,
)
