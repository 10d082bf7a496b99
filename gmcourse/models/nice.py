"""Chapter 06: NICE, Dinh, Krueger & Bengio 2015 (arXiv:1410.8516)."""

from collections.abc import Sequence

from torch import nn

from gmcourse.expect.door import door
from gmcourse.flows import AdditiveCoupling, AffineCoupling, Compose, Flow, Inverse, Scale, even_odd
from gmcourse.flows.bijection import Bijection
from gmcourse.nn.networks import mlp


class NICE(Flow):
    """Additive couplings that take turns in changing the even and the odd dimensions, then a diagonal scaling.

    The defaults are the paper's for MNIST (section 5.1): four couplings, five hidden layers of 1000 rectified
    units each, logistic prior.

    The first coupling leaves dimensions 0, 2, 4, … as they are and changes 1, 3, 5, … (the paper counts from
    one and calls the first set odd). Any number of dimensions will do, odd ones too.

    Differs from the paper: torch's default initialisation for its uniform one; the optimiser is the recipe's.

    Args:
        couplings: at least three, or some dimensions never influence some others.
        hidden: widths of each coupling's hidden layers.
        affine: RealNVP's coupling instead of the additive one: the next rung of the ladder to Glow, no longer
            the paper's NICE.
    """

    @door(dim=">= 2", couplings=">= 1", hidden=">= 1 empty")
    def __init__(
        self,
        dim: int,
        *,
        couplings: int = 4,
        hidden: Sequence[int] = (1000,) * 5,
        prior: str = "logistic",
        affine: bool = False,
    ) -> None:
        first = (dim + 1) // 2  # how many even dimensions there are
        members: list[Bijection] = [even_odd(dim)]
        for i in range(couplings):
            flip = i % 2 == 1
            conditions, changes = (dim - first, first) if flip else (first, dim - first)
            network = mlp([conditions, *hidden, changes * (2 if affine else 1)], activation=nn.ReLU)
            if affine:
                members.append(AffineCoupling(network, scale_map="bounded", first=first, flip=flip))
            else:
                members.append(AdditiveCoupling(network, first=first, flip=flip))
        # back to the order of the data, so that the learned scales belong to pixels
        super().__init__(Compose([*members, Inverse(even_odd(dim)), Scale(dim)]), (dim,), prior)

    @property
    def couplings(self) -> list[Bijection]:
        """Return the coupling layers, in order."""
        return [m for m in self.bijection.modules() if isinstance(m, AdditiveCoupling | AffineCoupling)]

    @property
    def scale(self) -> Scale:
        """Return the diagonal scaling."""
        return next(m for m in self.bijection.modules() if isinstance(m, Scale))
