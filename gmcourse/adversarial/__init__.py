"""Two networks against each other: losses of logits, penalties, and `Adversarial`, the one step that trains both."""

from gmcourse.adversarial.objectives import (
    discriminator_hinge,
    discriminator_logistic,
    discriminator_wasserstein,
    generator_minimax,
    generator_non_saturating,
    generator_wasserstein,
    losses,
)
from gmcourse.adversarial.penalties import (
    Lazy,
    PathLength,
    gradient_penalty,
    lazy_adam,
    path_length_penalty,
    path_lengths,
    r1_penalty,
)
from gmcourse.adversarial.side_by_side import SideBySide
from gmcourse.adversarial.step import Adversarial
