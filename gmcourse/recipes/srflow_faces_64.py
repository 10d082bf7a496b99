"""SRFlow on faces, 8×8 → 64×64: six steps at each of four levels, a quarter of an hour of one CPU core."""

from gmcourse.recipes.running import find
from gmcourse.recipes.running.super_resolution import flow
from gmcourse.recipes.sr_regression_faces_64 import TASK

RECIPE = flow(TASK, find("sr_regression_faces_64"), steps=3000, batch_size=8, n_steps=6, hidden_channels=32)
