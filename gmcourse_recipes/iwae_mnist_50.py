"""The IWAE with k = 50, for a GPU: a decoder's pass takes ten times as long as with k = 5. Not run to its end yet."""

from gmcourse_recipes.iwae_mnist import with_samples

RECIPE = with_samples(50)
