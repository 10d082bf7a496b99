"""All figures of the course are drawn here, to look alike; a drawing knows no model, but arrays or functions."""

from gmcourse.viz import palette
from gmcourse.viz.image_grid import images
from gmcourse.viz.palette import style
from gmcourse.viz.plane import density, points
from gmcourse.viz.training_curves import curves
