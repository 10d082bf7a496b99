"""Lazy regularisation: an expensive penalty now and then, k times as strong.

Karras et al. 2020 (arXiv:1912.04958), appendix B. A penalty at every k-th step with weight k has the same
expected gradient. It gets an optimiser step of its own, so there are k + 1 steps where there were k; Adam's
learning rate and memory are corrected for that by c = k/(k + 1). The gradients then agree in expectation;
Adam's updates agree only nearly, since Adam is not linear in the gradient.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gmcourse.expect.door import door, fields


@dataclass(frozen=True)
class Lazy:
    """A penalty with its name and its rhythm.

    Attributes:
        name: the name of its curve in the history.
        penalty: for the discriminator `penalty(real, fake)`, for the generator `penalty(z)`; a scalar, its
            weight included. An `nn.Module` has its buffers saved with the training state.
        every: k. With k = 1 it is added to the loss; with k > 1 it is multiplied by k and has an optimiser
            step of its own at every k-th step. The paper has 16 for R1 and 8 for the path length; the
            authors' later code has 4 for the latter.
    """

    name: str
    penalty: Callable[..., Tensor]
    every: int = 1

    def __post_init__(self) -> None:
        fields(self, every=">= 1")


@door(lr=">= 0", betas=">= 0 < 1", every=">= 1", eps=">= 0")
def lazy_adam(
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float] = (0.0, 0.99),
    *,
    every: int = 1,
    eps: float = 1e-8,
) -> torch.optim.Adam:
    """Adam for a player whose penalty comes at every k-th step: lr·c, β₁ᶜ, β₂ᶜ with c = k/(k + 1).

    `lr` and `betas` are those without lazy regularisation, and `every` is k; with k = 1 the penalty shares the
    loss's step, and nothing is corrected.
    """
    c = every / (every + 1) if every > 1 else 1.0
    return torch.optim.Adam(parameters, lr=lr * c, betas=(betas[0] ** c, betas[1] ** c), eps=eps)
