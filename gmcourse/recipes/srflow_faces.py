"""SRFlow on faces, 8×8 → 32×32: eight steps at each of three levels, on the frozen encoder of the regression.

The learning rate falls and rises with the regression's 2,000 steps, so training stopped at 85 % of its maximum:
no plan, but it is how the weights of the zoo were made. The later `srflow_faces_64` ends at zero.
"""

from __future__ import annotations

from gmcourse.recipes.running.super_resolution import flow
from gmcourse.recipes.sr_regression_faces import RECIPE as REGRESSION
from gmcourse.recipes.sr_regression_faces import TASK

RECIPE = flow(
    TASK,
    "srflow_faces",
    REGRESSION,
    steps=4500,
    batch_size=16,
    period=REGRESSION.steps,
    n_steps=8,
    hidden_channels=32,
)
