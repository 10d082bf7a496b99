"""Chapter 05: maps whose change of density can be drawn, and a flow of the plane that learns one."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.flows import ActNorm, AffineCoupling, Bijection, Compose, Context, Flow
from gmcourse.nn.networks import mlp


class BoxMuller(Bijection):
    """Two normal numbers ↔ two uniform ones (Box & Muller 1958), by radius and angle.

    Forward is data → latent as everywhere: the plane without its origin → (0, 1)², u₁ = exp(−r²/2), u₂ = angle / 2π.
    So log |det| = −r²/2 − log 2π: the log-density of N(0, I), since the uniform density is one.
    """

    wanted = "B 2"

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map points (B, 2) to uniform numbers (B, 2)."""
        self.check(x, context)
        half_square = 0.5 * x.square().sum(1)
        angle = torch.atan2(x[:, 1], x[:, 0]) / (2 * math.pi)
        u = torch.stack([(-half_square).exp(), torch.where(angle < 0, angle + 1, angle)], dim=1)
        return u, -half_square - math.log(2 * math.pi)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map uniform numbers to normal ones: the sampler."""
        self.check(z, context)
        radius, angle = (-2 * z[:, 0].log()).sqrt(), 2 * math.pi * z[:, 1]
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


class PlaneFlow(Flow):
    """Affine couplings of the plane that take turns, each after an actnorm, of networks with these hidden widths."""

    @expect.door(couplings=">= 1", hidden=">= 1 empty")
    def __init__(self, *, couplings: int = 8, hidden: Sequence[int] = (64, 64), prior: str = "normal") -> None:
        members: list[Bijection] = []
        for i in range(couplings):
            coupling = AffineCoupling(mlp([1, *hidden, 2]), scale_map="bounded", first=1, flip=i % 2 == 1)
            members += [ActNorm(2), coupling]
        super().__init__(Compose(members), (2,), prior)


@expect.door(size=">= 2")
def mass_on_grid(flow: Flow, extent: tuple[float, float, float, float], size: int = 400) -> float:
    """∫ p(x) dx over (left, right, bottom, top), on size² points: about 1 if the rectangle holds the data."""
    left, right, bottom, top = extent
    if not (left < right and bottom < top):
        expect.refuse("extent", extent, "(left, right, bottom, top) with left < right and bottom < top")
    x = left + (right - left) * (torch.arange(size) + 0.5) / size
    y = bottom + (top - bottom) * (torch.arange(size) + 0.5) / size
    like = next(flow.parameters(), x)
    points = torch.cartesian_prod(x, y)
    with torch.no_grad():
        density = torch.cat([flow.log_prob(chunk.to(like)).double().exp() for chunk in points.split(20_000)])
    return float(density.sum()) * (right - left) * (top - bottom) / size**2
