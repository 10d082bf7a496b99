"""The VAE of the digits with two latents and β = 4: a code costs four times as much."""

from gmcourse_recipes.vae_digits_2d import with_beta

RECIPE = with_beta(4.0)
