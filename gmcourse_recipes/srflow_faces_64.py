"""SRFlow on faces, 8×8 → 64×64: six steps at three levels, and ten at the coarsest."""

from gmcourse_recipes.running import find
from gmcourse_recipes.running.super_resolution import flow
from gmcourse_recipes.sr_regression_faces_64 import TASK

REGRESSION = find("sr_regression_faces_64")
RECIPE = flow(TASK, REGRESSION, steps=15_000, batch_size=8, n_steps=6, n_coarse_steps=10, hidden_channels=32)
