"""Super-resolution of faces, 8×8 → 32×32, by least squares: one answer each, and the encoder of `srflow_faces`."""

from gmcourse.data import load
from gmcourse_recipes.running.super_resolution import Task, regression

TASK = Task(4, train=lambda: load("faces", n=20_000), test=lambda: load("faces", "test", n=500))

RECIPE = regression(
    TASK,
    {"channels": 32, "growth": 16, "n_blocks": 2},
    steps=16_000,
    batch_size=32,
    described="20,000 cartoon faces with details, 32×32, and their 8×8 low resolutions",
    half=True,
)
