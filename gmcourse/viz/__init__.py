"""Pictures of tensors and callables. Every figure of the course is drawn here, so they all look alike.

Nothing here knows a model; a drawing takes arrays, or a function such as a density.
"""

from gmcourse.viz import palette
from gmcourse.viz.image_grid import images
from gmcourse.viz.look import style
from gmcourse.viz.plane import density, points
from gmcourse.viz.repeats import curves
