"""Chapter 13: flows that are trained by regression on a velocity, without their likelihood."""

from gmcourse.models.flow_matching.matching import guided, matching_loss, reflow_pairs, straightness
from gmcourse.models.flow_matching.model import FlowMatching
