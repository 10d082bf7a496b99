"""Chapter 08: SRFlow, super-resolution with a conditional flow, Lugmayr et al. 2020 (arXiv:2006.14200)."""

from gmcourse.flows import join_latent, normalised, split_latent
from gmcourse.models.srflow.model import SRFlow
from gmcourse.models.srflow.regression import Regression
