"""StyleGAN2 on cartoon faces of 64×64 pixels, as on those of 32×32, with twice the feature maps at 4×4 and 8×8.

The learning rate is constant, and the average, which forgets half in 1,000 steps, stands for a falling one: after
some 10,000 steps a run may end anywhere, and go on with `--resume --extend`. R1 has four times the γ of
`dcgan_faces`, for four times the pixels.
"""

from dataclasses import replace
from functools import partial

from gmcourse_recipes.stylegan2_faces import RECIPE as SMALL
from gmcourse_recipes.stylegan2_faces import data, step

SIZES = {"resolution": 64, "channel_base": 1024, "channel_max": 128}

RECIPE = replace(
    SMALL,
    arguments=SMALL.arguments | SIZES,
    data=partial(data, size=64),
    step=partial(step, size=SIZES, lr=0.0025, r1_gamma=0.4, ema_half_life=1000),
    steps=46_000,
    described="faces: 20,000 training pictures of 64×64 pixels with details",
)
