"""Chapter 06: NICE, Dinh, Krueger & Bengio 2015 (arXiv:1410.8516)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows import AdditiveCoupling, AffineCoupling, Bijection, Compose, Flow, Inverse, Scale, even_odd
from gmcourse.flows.whitening import Whitening
from gmcourse.nn.networks import mlp


class NICE(Flow):
    """Additive couplings that take turns in changing the even and the odd dimensions, then a diagonal scaling.

    The defaults are the paper's for MNIST (section 5.1): four couplings, five hidden layers of 1000 rectified units
    each, logistic prior. The first coupling leaves dimensions 0, 2, 4, … as they are and changes 1, 3, 5, … (the
    paper counts from one and calls the first set odd). Any number of dimensions will do, odd ones too.

    Differs from the paper: torch's default initialisation for its uniform one; the optimiser is the recipe's.

    There are at least three couplings, or some dimensions never influence some others; `hidden` has the widths of
    each one's hidden layers. With `affine` they are RealNVP's: the next rung to Glow, no longer the paper's NICE.
    Where `codes` is above 0, the data is whitened first, as the paper does with colour images, and the couplings work
    on this many codes: the strengths of the directions in which pictures differ most. One more network of the same
    hidden widths shifts the rest by what it makes of the codes. All networks begin with the answer 0, so that
    training starts at the normal that `start_at` is given.
    """

    @expect.door(dim=">= 2", couplings=">= 1", hidden=">= 1 empty", codes=">= 0")
    def __init__(
        self,
        dim: int,
        *,
        couplings: int = 4,
        hidden: Sequence[int] = (1000,) * 5,
        prior: str = "logistic",
        affine: bool = False,
        codes: int = 0,
    ) -> None:
        members = _taking_turns(codes or dim, couplings, hidden, affine)
        if codes:
            rest = mlp([codes, *hidden, dim], activation=nn.ReLU)
            members = [Whitening(dim, codes, codes=Compose(members), rest=rest)]
        super().__init__(Compose([*members, Scale(dim)]), (dim,), prior)
        if codes:
            for network in (rest, *(each.network for each in self.couplings)):
                last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
                for parameter in last.parameters():
                    nn.init.zeros_(parameter)

    @torch.no_grad()
    def start_at(self, mean: Tensor, loadings: Tensor, noise: Tensor) -> None:
        """Use `Whitening` for N(mean, loadings loadingsᵀ + diag(noise)), and scale to the prior's deviation."""
        self.whitening.set_normal(mean, loadings, noise)
        self.scale.log_scale.fill_(math.log(self.prior.deviation))

    @property
    def couplings(self) -> list[AdditiveCoupling | AffineCoupling]:
        """Return the coupling layers, in order."""
        return [m for m in self.bijection.modules() if isinstance(m, AdditiveCoupling | AffineCoupling)]

    @property
    def whitening(self) -> Whitening:
        """Return the whitening, where there is one."""
        return next(m for m in self.bijection.modules() if isinstance(m, Whitening))

    @property
    def scale(self) -> Scale:
        """Return the diagonal scaling."""
        return next(m for m in self.bijection.modules() if isinstance(m, Scale))


def _taking_turns(dim: int, couplings: int, hidden: Sequence[int], affine: bool) -> list[Bijection]:
    """Make couplings that change the odd and the even dimensions in turn, and then the order of the data again."""
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
    # so that the learned scales belong to pixels
    return [*members, Inverse(even_odd(dim))]
