"""The VAE of the digits with two latents and β = 0.1: a code costs a tenth."""

from gmcourse_recipes.vae_digits_2d import with_beta

RECIPE = with_beta(0.1)
