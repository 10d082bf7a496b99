"""What all recipes share: what one is, and its step. `train` runs any of them, and `command` is `gmcourse train`."""

from gmcourse.recipes.running.adam_step import adam
from gmcourse.recipes.running.recipe import Pictures, Recipe, find, likelihood, names
from gmcourse.training.schedules import cosine, linear_decay, product, warm_up
