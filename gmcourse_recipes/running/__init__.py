"""What all recipes share: what one is, and its step. `train` runs any of them, and `command` is `gmcourse train`."""

from gmcourse.training.schedules import cosine, linear_decay, product, warm_up
from gmcourse_recipes.running.recipe import Pictures, Recipe, adam, find, likelihood, names, validation
