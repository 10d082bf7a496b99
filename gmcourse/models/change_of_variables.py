"""Chapter 05: maps whose change of density can be drawn, and a flow of the plane that learns one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gmcourse.flows import AffineCoupling, Bijection, Compose, Context, Flow
from gmcourse.flows.actnorm import ActNorm
from gmcourse.nn.networks import mlp


class BoxMuller(Bijection):
    """Two normal numbers ↔ two uniform ones (Box & Muller 1958), by radius and angle.

    Forward is data → latent as everywhere: the plane without its origin → (0, 1)²,
    u₁ = exp(−r²/2), u₂ = angle / 2π. So log |det| = −r²/2 − log 2π: the log-density of N(0, I), since the
    uniform density is one.
    """

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Points (B, 2) → uniform numbers (B, 2).

        Raises:
            ValueError: another shape.
        """
        self._check_plane(x, context)
        half_square = 0.5 * x.square().sum(1)
        angle = torch.atan2(x[:, 1], x[:, 0]) / (2 * math.pi)
        u = torch.stack([(-half_square).exp(), torch.where(angle < 0, angle + 1, angle)], dim=1)
        return u, -half_square - math.log(2 * math.pi)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Uniform numbers → normal ones: the sampler."""
        self._check_plane(z, context)
        radius, angle = (-2 * z[:, 0].log()).sqrt(), 2 * math.pi * z[:, 1]
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)

    def _check_plane(self, x: Tensor, context: Context) -> None:
        self.check(x, context)
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"BoxMuller got shape {tuple(x.shape)}; expected points (B, 2)")


class PlaneFlow(Flow):
    """Affine couplings of the plane that take turns, each after an actnorm: small enough to be drawn.

    Args:
        couplings: how many.
        hidden: widths of each coupling's hidden layers.
        prior: "normal" or "logistic".

    Raises:
        ValueError: no coupling, or an unknown prior.
    """

    def __init__(
        self, *, couplings: int = 8, hidden: tuple[int, ...] | list[int] = (64, 64), prior: str = "normal"
    ) -> None:
        if couplings < 1:
            raise ValueError(f"couplings is {couplings}; expected at least 1")
        members: list[Bijection] = []
        for i in range(couplings):
            members += [
                ActNorm(2),
                AffineCoupling(mlp([1, *hidden, 2]), scale="bounded", first=1, flip=i % 2 == 1),
            ]
        super().__init__(Compose(members), (2,), prior)


def mass_on_grid(flow: Flow, extent: tuple[float, float, float, float], size: int = 400) -> float:
    """∫ p(x) dx over a rectangle, by summing over a grid: about 1 if the rectangle holds the data.

    Args:
        flow: of the plane.
        extent: (left, right, bottom, top).
        size: points a side.
    """
    left, right, bottom, top = extent
    x = left + (right - left) * (torch.arange(size) + 0.5) / size
    y = bottom + (top - bottom) * (torch.arange(size) + 0.5) / size
    points = torch.cartesian_prod(x, y)
    with torch.no_grad():
        density = torch.cat([flow.log_prob(chunk).double().exp() for chunk in points.split(20_000)])
    return float(density.sum()) * (right - left) * (top - bottom) / size**2
