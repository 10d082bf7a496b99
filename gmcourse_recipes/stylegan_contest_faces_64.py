"""The contest of AdaIN and demodulation on faces of 64×64 pixels, three runs each, for a GPU. Not run to its end yet.

Sizes, pictures and settings of each game are those of `stylegan2_faces_64`.
"""

from dataclasses import replace
from functools import partial

from gmcourse_recipes.stylegan2_faces_64 import RECIPE as LARGE
from gmcourse_recipes.stylegan2_faces_64 import SIZES
from gmcourse_recipes.stylegan_contest_faces import RECIPE as SMALL
from gmcourse_recipes.stylegan_contest_faces import step

RECIPE = replace(
    SMALL,
    arguments=SMALL.arguments | {"width": 64, "mapping_layers": 4} | SIZES,
    data=LARGE.data,
    step=partial(step, size=SIZES, lr=0.0025, r1_gamma=0.4, ema_half_life=1000),
    steps=10_000,
    described=LARGE.described,
    ship=False,
)
