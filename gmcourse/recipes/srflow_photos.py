"""SRFlow on patches of two photographs, 8×8 → 32×32: a small flow, stopped before it knows them by heart."""

from __future__ import annotations

from gmcourse.recipes.sr_regression_photos import RECIPE as REGRESSION
from gmcourse.recipes.sr_regression_photos import TASK
from gmcourse.recipes.super_resolution import flow

RECIPE = flow(TASK, "srflow_photos", REGRESSION, steps=3500, batch_size=16, n_steps=6, hidden_channels=24)
