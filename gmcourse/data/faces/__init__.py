"""Cartoon faces whose attributes are known exactly, drawn by a differentiable renderer.

They stand in for photographs: every edit can be measured, because the truth is known, and nobody's likeness is used.
"""

from gmcourse.data.faces.attributes import ATTRIBUTES, NAMES, bounds, column, middle, share_of_range
from gmcourse.data.faces.fitting import fit
from gmcourse.data.faces.inference import posterior
from gmcourse.data.faces.painting import load, render
from gmcourse.data.faces.sampling import DISTRIBUTIONS, sample
