"""SRFlow on faces, 8×8 → 32×32: eight steps at each of three levels, on the frozen encoder of the regression.

The learning rate falls and rises 2¼ times, so training stopped at 85 % of its maximum:
no plan, but it is how the weights of the zoo were made. The later `srflow_faces_64` ends at zero.
"""

import math

from gmcourse.recipes.running.super_resolution import flow
from gmcourse.recipes.sr_regression_faces import RECIPE as REGRESSION
from gmcourse.recipes.sr_regression_faces import TASK


def falling_and_rising(step: int, steps: int) -> float:
    """Follow two and a quarter half waves of a cosine."""
    return 0.5 * (1 + math.cos(math.pi * 2.25 * step / steps))


RECIPE = flow(
    TASK,
    "srflow_faces",
    REGRESSION,
    steps=4500,
    batch_size=16,
    schedule=falling_and_rising,
    n_steps=8,
    hidden_channels=32,
)
