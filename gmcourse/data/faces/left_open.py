"""What a small picture leaves open about a face: the posterior over its attributes.

Because the renderer is known, the true answer of super-resolution can be computed, and a model's samples can be laid
over it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data.faces.attributes import NAMES, bounds, check_attributes
from gmcourse.data.faces.painting import render
from gmcourse.data.faces.sampling import sample
from gmcourse.data.faces.truncated import Weighted, importance_sample

LEVEL = 1 / 255  # pixels are whole levels, so each is known to within half of one
DETAILS = 800  # renderings from which the effect of detail on the small picture is learnt
SHRUNK = (
    0.05  # share of its diagonal in that covariance, which has as many rows as the small picture has numbers
)
PER_ROUND = 1000
REACH = 0.05  # of each attribute's range, for slopes: some attributes have none at 0


def posterior(
    small: Tensor,
    start: Tensor,
    *,
    size: int = 64,
    detail: bool = True,
    n: int = 2000,
    rounds: int = 8,
    seed: int = 0,
) -> Weighted:
    """p(attributes | small picture) under a uniform prior over their ranges, by importance sampling.

    The small picture is a large one averaged over squares and rounded to 256 levels. Without detail, rounding is all
    that stands between the two, taken as normal with the variance 1/(12·255²) of a rounding error. With detail, the
    small picture of a face is taken as normal around that of the clean face plus a constant, with the covariance that
    many seeds have at `start`: an approximation (a synthetic likelihood), and the only one.

    Args:
        small: (3, s, s) in [0, 1], where s divides `size`.
        start: (18,), where the search begins: the truth where it is known, else a fit.
        size: of the large picture.
        detail: whether the large picture had detail.
        n: weighted samples of the answer.
        rounds: of adaptation, of 1,000 renderings each; n and these are what the time goes to.
        seed: of all draws.

    Returns:
        Weighted attributes, in their own units. Few effective samples mean that the answer is rough.

    Raises:
        ValueError: shapes that do not fit.
    """
    side = small.shape[-1] if small.ndim == 3 else 0
    if side == 0 or tuple(small.shape) != (3, side, side) or size % side:
        raise ValueError(f"small has shape {tuple(small.shape)}; expected (3, s, s) where s divides {size}")
    if start.ndim != 1:
        raise ValueError(f"start has shape {tuple(start.shape)}; expected ({len(NAMES)},): one face")
    check_attributes(start[None])
    low, high = (bound.double() for bound in bounds())

    @torch.no_grad()
    def shrunk(shares: Tensor, seeds: Tensor | None = None) -> Tensor:
        """Small pictures of faces whose attributes are given as shares of their ranges, (N, 3·s·s)."""
        large = render((low + (high - low) * shares).float(), size, detail=seeds)
        return F.avg_pool2d(large, size // side).flatten(1).double()

    at = ((start.double() - low) / (high - low)).clamp(0, 1)
    offset = torch.zeros(3 * side * side, dtype=torch.float64)
    covariance = (LEVEL**2 / 12) * torch.eye(len(offset), dtype=torch.float64)
    if detail:
        seeds = torch.arange(DETAILS) + (1 << 42) + seed * DETAILS
        many = shrunk(at.expand(DETAILS, -1), seeds)
        offset = many.mean(0) - shrunk(at[None])[0]
        scatter = torch.cov(many.T)
        covariance = covariance + (1 - SHRUNK) * scatter + SHRUNK * scatter.diag().diag()
    factor = torch.linalg.cholesky(covariance)
    target = small.double().flatten() - offset

    def log_likelihood(shares: Tensor) -> Tensor:
        off = torch.linalg.solve_triangular(factor, (shrunk(shares) - target).T, upper=False)
        return -0.5 * off.square().sum(0)

    steps = REACH * torch.eye(len(NAMES), dtype=torch.float64)
    up, down = (at + steps).clamp(0, 1), (at - steps).clamp(0, 1)
    slopes = (shrunk(up) - shrunk(down)) / (up - down).diag()[:, None]
    scaled = torch.linalg.solve_triangular(factor, slopes.T, upper=False)
    laplace = torch.linalg.inv(scaled.T @ scaled + 12 * torch.eye(len(NAMES), dtype=torch.float64))
    found = importance_sample(log_likelihood, at, laplace, n=n, rounds=rounds, per_round=PER_ROUND, seed=seed)
    return Weighted((low + (high - low) * found.points).float(), found.weights.float())


def spread(found: Weighted) -> Tensor:
    """The posterior's standard deviation of each attribute as a share of the prior's, (18,): 0 pinned, 1 open."""
    low, high = bounds()
    return found.covariance.diag().sqrt() * 12**0.5 / (high - low)


def spreads(
    n: int = 8, *, size: int = 64, factor: int = 8, detail: bool = True, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """How open each attribute is given a `factor` times smaller picture, for n natural faces.

    Args:
        n: faces.
        size: of a picture before it is made smaller.
        factor: pixels a side that are averaged into one.
        detail: whether the faces have what no attribute names.
        seed: of the faces.

    Returns:
        `spread` of each face, (n, 18), and the effective samples behind each row, (n,).

    Raises:
        ValueError: a factor that does not divide the size.
    """
    if size % factor:
        raise ValueError(f"factor is {factor}; expected a divisor of the size, {size}")
    people = sample(n, seed=seed)
    seeds = torch.arange(n) + (1 << 43) + 1000 * seed if detail else None
    with torch.no_grad():
        small = F.avg_pool2d(render(people, size, detail=seeds), factor).mul(255).round() / 255
    found = [posterior(small[i], people[i], size=size, detail=detail, seed=i) for i in range(n)]
    return torch.stack([spread(each) for each in found]), torch.tensor([each.effective for each in found])
