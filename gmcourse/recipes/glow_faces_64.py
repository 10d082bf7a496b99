"""A Glow of 64×64 faces for a GPU: four levels of 24 steps, activations recomputed instead of kept.

Not run yet. On one core it would take days; the weights would not travel with the package.
"""

from dataclasses import replace
from functools import partial

from gmcourse.recipes.glow_faces import RECIPE as SMALL
from gmcourse.recipes.glow_faces import data, faces, measure
from gmcourse.recipes.running import Recipe

FACES = faces(64, 60_000)

RECIPE: Recipe = replace(
    SMALL,
    name="glow_faces_64",
    arguments=SMALL.arguments
    | {"shape": [3, 64, 64], "n_levels": 4, "n_steps": 24, "hidden_channels": 256, "recompute": True},
    data=partial(data, pictures=FACES),
    measure=partial(measure, pictures=FACES),
    steps=60_000,
    batch_size=64,
    described="faces: 60,000 training pictures of 64×64 pixels with detail, five bits a colour",
    ship=False,
)
