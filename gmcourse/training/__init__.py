"""One training loop for every model of the course: `fit(step, data, …)`.

The loop knows no model. What one update does is a *step*: `Minimize` for everything with one loss,
`gmcourse.adversarial.Adversarial` for two players.
"""

from gmcourse.training.checkpoint import load_checkpoint, save_checkpoint
from gmcourse.training.ema import EMA
from gmcourse.training.fit import fit
from gmcourse.training.history import History
from gmcourse.training.step import Diverged, Minimize, Step, check_finite

__all__ = [
    "EMA",
    "Diverged",
    "History",
    "Minimize",
    "Step",
    "check_finite",
    "fit",
    "load_checkpoint",
    "save_checkpoint",
]
