"""Two networks against each other: losses of logits, penalties, and `Adversarial`, the one step that trains both."""

from gmcourse.adversarial.objectives import (
    discriminator_logistic,
    generator_minimax,
    generator_non_saturating,
    losses,
)
from gmcourse.adversarial.penalties import Lazy, PathLength, gradient_penalty, lazy_adam, path_lengths, r1_penalty
from gmcourse.adversarial.side_by_side import SideBySide
from gmcourse.adversarial.step import Adversarial
