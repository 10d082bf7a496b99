"""One training loop for every model, `fit(step, data, …)`, which knows no model: a step does the update."""

from gmcourse.checkpoint import load_checkpoint, save_checkpoint
from gmcourse.training.ema import EMA
from gmcourse.training.history import History
from gmcourse.training.last_good import Diverged
from gmcourse.training.loop import Callback, fit
from gmcourse.training.schedules import Schedule
from gmcourse.training.step import Minimize, Step
