"""The VAE of the digits with two latents and β = 4: a code costs four times as much (Higgins et al. 2017)."""

from dataclasses import replace
from functools import partial

from gmcourse.recipes.running import Recipe, adam
from gmcourse.recipes.vae_digits_2d import RECIPE as PLAIN

STEP = adam(1e-3, lambda module: partial(module.loss, beta=4.0))
RECIPE: Recipe = replace(PLAIN, name="vae_digits_2d_beta_4", step=STEP)
