"""What the two players minimise, as functions of the discriminator's logits, D(x) = σ(logit).

Everything is written with softplus(t) = log(1 + eᵗ), because log σ(t) = −softplus(−t) never overflows, and
log(sigmoid(t)) does. NaN passes on, so that no GPU waits.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect

DiscriminatorLoss = Callable[[Tensor, Tensor], Tensor]
GeneratorLoss = Callable[[Tensor], Tensor]

_of_both = expect.door(real_logits="; unseen", fake_logits="; unseen")
_of_fakes = expect.door(fake_logits="; unseen")


@_of_both
def discriminator_logistic(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Compute −E log D(x) − E log(1 − D(G(z))), in nats: what a classifier of real against fake minimises.

    Goodfellow et al. 2014 (arXiv:1406.2661), eq. 1, with the sign turned. Where D cannot tell the two apart
    it is 2 log 2 = 1.386. The logits may have any shape.

    >>> import torch
    >>> discriminator_logistic(torch.zeros(3), torch.zeros(3))
    tensor(1.3863)
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


@_of_fakes
def generator_minimax(fake_logits: Tensor) -> Tensor:
    """E log(1 − D(G(z))) in nats: the generator's side of the game's value. It saturates where D is sure.

    Goodfellow et al. 2014, eq. 1. Its slope in the logit is −D, so a sample that D sees through gets none.
    """
    return -F.softplus(fake_logits).mean()


@_of_fakes
def generator_non_saturating(fake_logits: Tensor) -> Tensor:
    """−E log D(G(z)) in nats: the same fixed points, and the largest slope where D is sure.

    Goodfellow et al. 2014, section 3, after eq. 1. Its slope in the logit is −(1 − D).
    """
    return F.softplus(-fake_logits).mean()


@_of_both
def discriminator_hinge(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Compute E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))), D being the logit itself.

    Lim & Ye 2017 (arXiv:1705.02894). Beyond the margin ±1 a sample teaches the discriminator nothing.
    """
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


@_of_both
def discriminator_wasserstein(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Compute E D(G(z)) − E D(x), D being the logit. A distance only for 1-Lipschitz D: add `gradient_penalty`.

    Arjovsky et al. 2017 (arXiv:1701.07875), eq. 2, with the sign turned.
    """
    return fake_logits.mean() - real_logits.mean()


@_of_fakes
def generator_wasserstein(fake_logits: Tensor) -> Tensor:
    """Compute −E D(G(z)), D being the logit: the generator of the Wasserstein and of the hinge game."""
    return -fake_logits.mean()


_GAMES: dict[str, tuple[DiscriminatorLoss, GeneratorLoss]] = {
    "minimax": (discriminator_logistic, generator_minimax),
    "non_saturating": (discriminator_logistic, generator_non_saturating),
    "hinge": (discriminator_hinge, generator_wasserstein),
    "wasserstein": (discriminator_wasserstein, generator_wasserstein),
}
NAMES = tuple(_GAMES)


def losses(name: str) -> tuple[DiscriminatorLoss, GeneratorLoss]:
    """Return the two losses of a game: "minimax", "non_saturating", "hinge" or "wasserstein"."""
    return _GAMES[expect.one_of("the name of the loss", name, NAMES)]
