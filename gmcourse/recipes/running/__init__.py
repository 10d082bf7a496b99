"""What all recipes share: what one is, the function that runs any of them, and `gmcourse train`."""

from gmcourse.recipes.running.adam_step import adam
from gmcourse.recipes.running.own_pictures import with_folder
from gmcourse.recipes.running.recipe import Pictures, Recipe, find, likelihood, names
from gmcourse.recipes.running.train import run
from gmcourse.training.schedules import cosine, linear_decay, product, warm_up
