"""Super-resolution of faces, 8×8 → 64×64, by least squares: one answer each, and the encoder of `srflow_faces_64`."""

from gmcourse.data import load
from gmcourse_recipes.running.super_resolution import Task, regression

TASK = Task(8, train=lambda: load("faces", n=20_000, size=64), test=lambda: load("faces", "test", n=200, size=64))

RECIPE = regression(
    TASK,
    {"channels": 24, "growth": 12, "n_blocks": 2},
    steps=24_000,
    batch_size=16,
    described="20,000 cartoon faces with details, 64×64, and their 8×8 low resolutions",
    half=True,
)
