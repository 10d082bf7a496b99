"""Which faces a small picture can be of: the posterior over all attributes, to compare a model's answers with."""

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect
from gmcourse.data.faces.attributes import NAMES
from gmcourse.data.faces.importance import Mixture, effective, importance_sample
from gmcourse.data.faces.painting import LARGEST, SMALLEST, render
from gmcourse.data.faces.sampling import natural
from gmcourse.data.low_resolution import downsample
from gmcourse.reproducible import generator, mixed_seed

D, EVENTS, AGE = len(NAMES), 3, 2  # the third number that `natural` asks for becomes the age
ROUNDING = 1 / (12 * 255**2)  # the variance of what is lost in rounding to 256 levels
CROWD, DETAILS = 2000, 400  # faces among which a search begins; renderings that tell what detail does
FIRST_DETAIL = 1 << 44  # seeds that no set of faces has
OF_CROWD = 0.2  # of the covariance of detail is that of the whole crowd
FREEDOM = 10.0  # of Student's t, because grain differs in strength from picture to picture


@dataclass(frozen=True)
class Posterior:
    """Weighted faces that stand for p(attributes | small picture): `attributes` (N, 18), `weights` (N,) of sum 1."""

    attributes: Tensor
    weights: Tensor

    @property
    def effective(self) -> float:
        """The effective sample size 1 / Σ w², in independent draws: an answer of fewer than 100 is too narrow."""
        return effective(self.weights)

    @expect.door(n=">= 1")
    def draw(self, n: int, *, seed: int = 0) -> Tensor:
        """Draw n faces by their weights, with replacement, (n, 18)."""
        draws = generator(mixed_seed("draw", seed))
        return self.attributes[torch.multinomial(self.weights, n, replacement=True, generator=draws)]


@expect.door(low="3 s s; unit", scale=">= 2", noise=">= 0", enough="> 0")
@torch.no_grad()
def posterior(
    low: Tensor, *, scale: int = 4, detail: bool = True, noise: float = 0.0, enough: float = 200, seed: int = 0
) -> Posterior:
    """Find p(attributes | y) for a face of the natural crowd, by importance sampling over all attributes at once.

    The prior is that of `sample`, the likelihood of the small picture y

        y = down(render(a)) + m + e,    e ~ t₁₀(0, S + (σ² + 1 / (12 · 255²)) I),

    where m and S are the mean and the covariance of what detail adds to y. They are measured in renderings of faces
    that fit y; a fifth of S is that of the whole crowd. That e has this distribution is the approximation. Without
    detail m and S are 0 and e is normal, which is exact but for the shape of the error of rounding.

    Damped Gauss-Newton steps lead from the nearest of 2,000 faces to modes, with and without glasses, moustache and
    open mouth. Normals at the modes are the first proposal of `importance_sample`.

    `low` is y, (3, s, s) in [0, 1], and `scale` how many times smaller it is than the face, see `downsample`. `noise`
    is σ, the standard deviation of independent noise on each number of y, beside its rounding. Rounds of 400 faces
    end when the answer is worth `enough` independent draws, or after eight.
    """
    size = scale * low.shape[1]
    expect.whole("scale times the side of low", size, least=SMALLEST, most=LARGEST)
    draws = generator(mixed_seed("posterior", seed))
    y = low.detach().cpu().double().flatten()
    crowd, small, mean, spread = _crowd(size, scale)
    mean, spread = mean * detail, spread * detail
    known = (noise**2 + ROUNDING) * torch.eye(len(y)).to(y)

    def likelihood(mean: Tensor, spread: Tensor) -> _Likelihood:
        root = torch.linalg.cholesky(known + spread)
        return _Likelihood(y - mean, root, FREEDOM if detail else 1e9, size, scale)

    face = likelihood(mean, spread)
    modes = _modes(face, crowd[face.log_joint(crowd, small).topk(12).indices])
    if detail:
        seeds = FIRST_DETAIL + torch.randint(1 << 40, (DETAILS,), generator=draws)
        fitting = _proposal(*modes).draw(DETAILS, draws)
        effect = _small(fitting, size, scale, seeds) - _small(fitting, size, scale)
        face = likelihood(effect.mean(0), torch.lerp(torch.cov(effect.T), spread, OF_CROWD))
        modes = _climbed(face, modes[0][modes[1] > modes[1].max() - 15], 3)
    points, weights = importance_sample(
        face.log_joint, lambda top: _climbed(face, top, 1)[::2], _proposal(*modes), draws, enough=enough
    )
    return Posterior(_face(points)[0].float(), weights)


def _face(points: Tensor) -> tuple[Tensor, Tensor]:
    """Give the attributes (N, 18) of points (N, 21), and the log-density of points under the crowd, (N,).

    A point has w for each attribute, Φ(w) for `natural` to use, then three events. The density lacks (2π)⁻⁹.
    """
    shares, events = (iter(x.unbind(1)) for x in (torch.special.ndtr(points[:, :D]), points[:, D:]))
    terms = [-0.5 * points[:, :D].square().sum(1)]

    def bell(*bells: tuple[float | Tensor, float]) -> Tensor:
        x = next(shares)
        folded = [
            -0.5 * ((unfolded - mean) / width).square() - math.log(width * len(bells) * math.sqrt(2 * math.pi))
            for mean, width in bells
            for unfolded in (x - 2, -x, x, 2 - x, x + 2)
        ]
        terms.append(torch.stack(folded).logsumexp(0))
        return x

    def event(chance: float | Tensor) -> Tensor:
        happened = next(events)
        terms.append((happened * chance + (1 - happened) * (1 - chance)).log())
        return happened

    attributes = natural(lambda: next(shares), bell, event)
    return attributes, torch.stack(terms).sum(0)


def _small(points: Tensor, size: int, scale: int, seeds: Tensor | None = None) -> Tensor:
    """Draw small pictures of faces, (N, P)."""
    return downsample(render(_face(points)[0].float(), size, detail=seeds), scale).flatten(1).double()


@cache
def _crowd(size: int, scale: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Points of the crowd (N, 21), their small pictures (N, P), mean and covariance of what detail adds to them."""
    draws = generator(mixed_seed("crowd"))
    many = torch.randn(20 * CROWD, D, generator=draws, dtype=torch.float64)
    many = torch.cat([many, (torch.rand(20 * CROWD, EVENTS, generator=draws) < 0.5).double()], 1)
    ratio = (_face(many)[1] + 0.5 * many[:, :D].square().sum(1)).exp()
    points = many[torch.multinomial(ratio, CROWD, generator=draws)]
    small = _small(points, size, scale)
    effect = _small(points, size, scale, FIRST_DETAIL - 1 - torch.arange(CROWD)) - small
    return points, small, effect.mean(0), torch.cov(effect.T)


@dataclass(frozen=True)
class _Likelihood:
    """y (P,) less the mean of what detail adds, the Cholesky root of its covariance, the degrees of freedom."""

    y: Tensor
    root: Tensor
    freedom: float
    size: int
    scale: int

    def parts(self, points: Tensor, small: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The log-prior of points, (N,), and what is left of y, in standard deviations, (N, P)."""
        small = _small(points, self.size, self.scale) if small is None else small
        return _face(points)[1], torch.linalg.solve_triangular(self.root, (self.y - small).T, upper=False).T

    def sum(self, prior: Tensor, left: Tensor) -> Tensor:
        """Add the parts to log p(y, point) up to a constant, (N,)."""
        squares = left.square().sum(1) / (self.freedom - 2)
        return prior - 0.5 * (self.freedom + left.shape[1]) * squares.log1p()

    def log_joint(self, points: Tensor, small: Tensor | None = None) -> Tensor:
        """Compute log p(y, point) up to a constant, (N,)."""
        return self.sum(*self.parts(points, small))


def _climbed(face: _Likelihood, points: Tensor, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Go uphill by steps of Levenberg and Marquardt: where to, how high, and the covariance before the last step."""
    prior, left = face.parts(points)
    damping, width = torch.full_like(prior, 0.1), torch.full_like(points[:, :D], 0.2)
    for _ in range(steps):
        step = torch.where(points[:, :D] > 0, -width, width)  # towards the middle: shares have ends
        moved = points[:, None] + F.pad(torch.diag_embed(step), (0, EVENTS))
        others, there = (each.unflatten(0, step.shape) for each in face.parts(moved.flatten(0, 1)))
        slopes = (left[:, None] - there) / step[:, :, None]  # (N, D, P)
        weight = (face.freedom + left.shape[1]) / (face.freedom - 2 + left.square().sum(1))
        uphill = weight[:, None] * (slopes @ left[:, :, None])[:, :, 0] + (others - prior[:, None]) / step
        bent = weight[:, None, None] * (slopes @ slopes.mT) + torch.eye(D).to(slopes)
        covariance = torch.linalg.inv(bent)
        width = covariance.diagonal(dim1=1, dim2=2).sqrt().clamp(0.005, 0.3)
        damped = bent + torch.diag_embed(damping[:, None] * bent.diagonal(dim1=1, dim2=2))
        tried = points + F.pad(torch.linalg.solve(damped, uphill), (0, EVENTS))
        new_prior, new_left = face.parts(tried)
        better = face.sum(new_prior, new_left) > face.sum(prior, left)
        prior, damping = torch.where(better, new_prior, prior), damping * torch.where(better, 0.2, 5.0)
        points = torch.where(better[:, None], tried, points)
        left = torch.where(better[:, None], new_left, left)
    return points, face.sum(prior, left), covariance


def _modes(face: _Likelihood, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Find modes: climb from points, then from the best end with each outcome of the events and two other ages."""
    for keep in (len(points), 4):
        points, reached, _ = _climbed(face, points[:keep], 2)
        points = points[reached.argsort(descending=True)]
    others = points[:1].repeat(2**EVENTS + 2, 1)
    others[2:, D:] = torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).to(points)] * EVENTS)
    others[:2, AGE] = torch.tensor([-1.0, 1.0])  # age has no slope before hair turns grey
    points, reached, _ = _climbed(face, torch.cat([points, others]), 1)
    return _climbed(face, points[reached > reached.max() - 50], 3)


def _proposal(points: Tensor, reached: Tensor, covariances: Tensor) -> Mixture:
    """Normals at modes, weighted by what each holds, and none of them by nothing."""
    high = reached > reached.max() - 15
    points, reached, covariances = points[high], reached[high], covariances[high]
    weights = (reached + 0.5 * torch.logdet(covariances)).softmax(0) + 0.02
    return Mixture(weights / weights.sum(), points, covariances)
