"""What all recipes share: what one is, the function that runs any of them, and `gmcourse train`."""

from gmcourse.recipes.running.recipe import Recipe, find, names
from gmcourse.recipes.running.train import run

__all__ = ["Recipe", "find", "names", "run"]
