"""Densities in the plane that can be sampled and evaluated exactly: the truth is known, so errors can be measured.

`sample(n)` draws n independent points, (n, 2), and `log_prob(x)` is log p in nats of points (n, 2), shape (n,), −∞
where there is no mass. Outside of a density's `extent`, (left, right, bottom, top), there is next to none.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect


class Gaussians:
    """Equally weighted normals of one width around centres (K, 2): every curve of points, thickened, is one."""

    @expect.door(centres="K 2; full", sigma="> 0")
    def __init__(self, centres: Tensor, sigma: float) -> None:
        self.centres, self.sigma = centres, sigma
        reach = float(centres.abs().max()) + 4 * sigma
        self.extent = (-reach, reach, -reach, reach)

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw a centre at random, and noise around it."""
        which = torch.randint(len(self.centres), (n,), generator=generator)
        return self.centres[which] + self.sigma * torch.randn(n, 2, generator=generator)

    @expect.door(n=">= 1")
    def parts(self, n: int) -> tuple["Gaussians", ...]:
        """Split into n mixtures of equally many neighbouring centres: classes whose densities are known.

        The two halves of "two_moons" are its moons, those of "spirals" its arms.
        """
        if len(self.centres) % n:
            expect.refuse("n", f"{n} for {len(self.centres)} centres", "a number that shares them out evenly")
        return tuple(Gaussians(centres, self.sigma) for centres in self.centres.chunk(n))

    @expect.door(x="n 2; full")
    def log_prob(self, x: Tensor) -> Tensor:
        """Compute the log of the mean of K normal densities."""
        squared = (x[:, None] - self.centres.to(x)).square().sum(-1) / self.sigma**2
        each = -0.5 * squared - math.log(2 * math.pi * self.sigma**2)
        return each.logsumexp(1) - math.log(len(self.centres))


class Rings:
    """Circles around the origin with normal thickness σ, equally weighted; the angle is uniform."""

    @expect.door(radii=">= 0", sigma="> 0")
    def __init__(self, radii: tuple[float, ...], sigma: float) -> None:
        self.radii, self.sigma = torch.tensor(radii), sigma
        reach = max(radii) + 4 * sigma
        self.extent = (-reach, reach, -reach, reach)
        # a radius below zero is turned over, as |r|: the density of |r| has two branches
        self.branches = torch.cat([self.radii, -self.radii])

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw a radius with its noise, and an angle."""
        which = torch.randint(len(self.radii), (n,), generator=generator)
        radius = (self.radii[which] + self.sigma * torch.randn(n, generator=generator)).abs()
        angle = 2 * math.pi * torch.rand(n, generator=generator)
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)

    @expect.door(x="n 2; full")
    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(r) − log 2πr, which has the Jacobian of polar coordinates."""
        r = x.norm(dim=1)
        each = -0.5 * ((r[:, None] - self.branches.to(x)) / self.sigma).square()
        log_radius = each.logsumexp(1) - math.log(self.sigma * math.sqrt(2 * math.pi) * len(self.radii))
        return log_radius - (2 * math.pi * r).log()


class Checkerboard:
    """Uniform on every other square of a 4 × 4 board."""

    extent = (-4.0, 4.0, -4.0, 4.0)

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw a dark square, and a place in it."""
        row = torch.randint(4, (n,), generator=generator)
        column = 2 * torch.randint(2, (n,), generator=generator) + row % 2
        corner = torch.stack([column, row], dim=1)
        return 2 * (corner + torch.rand(n, 2, generator=generator)) - 4

    @expect.door(x="n 2; full")
    def log_prob(self, x: Tensor) -> Tensor:
        """Return −log 32 on the eight dark squares of area four, −inf elsewhere."""
        cell = (x / 2 + 2).floor()
        dark = ((cell >= 0) & (cell < 4)).all(1) & (cell.sum(1) % 2 == 0)
        return torch.full_like(x[:, 0], -math.log(32.0)).masked_fill(~dark, -math.inf)


Density2D = Gaussians | Rings | Checkerboard


def _two_moons() -> Density2D:
    angle = torch.linspace(0, math.pi, 60)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    return Gaussians((torch.cat([upper, lower]) - torch.tensor([0.5, 0.25])) * 1.6, 0.16)


def _spirals() -> Density2D:
    angle = torch.linspace(0.12, 1, 90).sqrt() * 3 * math.pi
    arm = torch.stack([-angle.cos() * angle, angle.sin() * angle], dim=1) / 3
    return Gaussians(torch.cat([arm, -arm]), 0.12)


def _eight_gaussians() -> Density2D:
    angle = torch.arange(8) * math.pi / 4
    return Gaussians(2.5 * torch.stack([angle.cos(), angle.sin()], dim=1), 0.25)


def _twenty_five_gaussians() -> Density2D:
    ticks = torch.arange(-4.0, 5.0, 2.0)
    return Gaussians(torch.cartesian_prod(ticks, ticks), 0.05)


_MAKERS: dict[str, Callable[[], Density2D]] = {
    "two_moons": _two_moons,
    "rings": lambda: Rings((1.0, 2.2), 0.12),
    "checkerboard": Checkerboard,
    "eight_gaussians": _eight_gaussians,
    "twenty_five_gaussians": _twenty_five_gaussians,
    "spirals": _spirals,
}
NAMES = tuple(_MAKERS)


def load(name: str) -> Density2D:
    """Make one of the densities by name."""
    return _MAKERS[expect.one_of("name", name, NAMES)]()
