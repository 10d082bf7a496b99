"""Which faces a small picture can be of: the prior, the sampler, and the posterior made of them."""

import math

import pytest
import torch

from gmcourse.data import faces, load
from gmcourse.data.faces.importance import Mixture, effective, importance_sample
from gmcourse.data.faces.inference import EVENTS, ROUNDING, D, _face
from gmcourse.data.low_resolution import downsample, pairs
from gmcourse.reproducible import generator


def normal(x, mean, precision):
    off = x - mean
    return -0.5 * ((off @ precision) * off).sum(-1) + 0.5 * torch.logdet(precision / (2 * math.pi))


def test_the_density_of_the_crowd_is_that_of_its_sampler():
    n, draws = 40_000, generator(1)
    points = torch.randn(n, D, generator=draws, dtype=torch.float64)
    points = torch.cat([points, (torch.rand(n, EVENTS, generator=draws) < 0.5).double()], 1)
    weighed, log_density = _face(points)
    weights = (log_density + 0.5 * points[:, :D].square().sum(1)).exp() * 2**EVENTS
    assert abs(float(weights.mean()) - 1) < 5 * float(weights.std()) / n**0.5  # it integrates to 1

    def statistics(people):
        """Attributes, whether each is 0, and all products of two."""
        rows, columns = torch.triu_indices(D, D)
        return torch.cat([people, (people == 0).double(), people[:, rows] * people[:, columns]], 1)

    a, b, weights = statistics(weighed), statistics(faces.sample(n).double()), weights / weights.sum()
    mean = weights @ a
    error = (weights.square() @ (a - mean).square() + b.var(0) / n).sqrt()
    assert ((mean - b.mean(0)).abs() < 5 * error + 1e-9).all()


def test_a_mixture_knows_its_density():
    root = torch.tensor([[0.5, 0, 0], [0.3, 0.4, 0], [-0.2, 0.1, 0.3]], dtype=torch.float64)
    means = torch.tensor([[0.1, 0.8, 0.5, 0.0], [0.0, 1.0, 0.3, 1.0]], dtype=torch.float64)
    weights = torch.tensor([0.3, 0.7], dtype=torch.float64)
    mixture = Mixture(weights, means, torch.stack([root @ root.T, 0.2 * root @ root.T]))
    points = mixture.draw(100_000, generator(0))
    log_q = mixture.log_parts(points).logsumexp(1)
    for happened, precision in ((0, 12.0), (1, 200.0)):  # what integrates to 1, narrower than each part
        target = normal(points[:, :3], means[happened, :3], precision * torch.eye(3).double())
        ratio = (target - log_q).exp() * (points[:, 3] == happened)
        assert abs(float(ratio.mean()) - 1) < 5 * float(ratio.std()) / len(points) ** 0.5


def test_the_sampler_agrees_with_a_grid():
    """Two humps that the first proposal hardly sees, and an event."""
    tops = torch.tensor([[-1.5, 0.6, 0.0], [2.7, 0.9, 1.0]], dtype=torch.float64)
    precision = torch.tensor([[5.0, 3.0], [3.0, 4.0]], dtype=torch.float64)

    def log_density(x):
        humps = normal(x[:, None, :2], tops[:, :2], precision) + torch.tensor([0.0, 0.5])
        return humps.where(x[:, None, 2] == tops[:, 2], -torch.inf).logsumexp(1)

    def shape(x):
        return x, 0.3 * torch.eye(2).double().expand(len(x), 2, 2)

    side = torch.linspace(-6, 6, 400, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side, torch.tensor([0.0, 1.0], dtype=torch.float64))
    exact = log_density(grid).softmax(0)
    means = torch.tensor([[0.9, 0.9, 0.0], [0.1, 0.1, 1.0]]).double()
    start = Mixture(torch.tensor([0.9, 0.1]).double(), means, torch.eye(2).double().expand(2, 2, 2))
    points, weights = importance_sample(log_density, shape, start, generator(0), enough=1500, rounds=20)
    assert effective(weights) >= 1500
    for power in (1, 2):
        at_grid, at_points = grid**power, points**power
        mean, width = exact @ at_grid, (exact @ at_grid.square() - (exact @ at_grid).square()).sqrt()
        assert ((weights @ at_points - mean).abs() < 5 * width / 1500**0.5).all()


def small_picture(face, seed, size, scale):
    """As `pairs` makes it: both resolutions are rounded to 256 levels."""
    detail = None if seed is None else torch.tensor([seed])
    large = (faces.render(face[None], size, detail=detail) * 255).round() / 255
    return (downsample(large, scale)[0] * 255).round() / 255


@pytest.mark.slow
def test_it_agrees_with_weighing_the_whole_crowd():
    """Brute force: under so much noise a crowd drawn from the prior has faces that fit."""
    noise, low = 0.6, small_picture(faces.sample(1, seed=4)[0], None, 16, 2)
    people = faces.sample(6_000, seed=5)
    off = downsample(faces.render(people, 16), 2).flatten(1) - low.flatten()
    crowd = (-0.5 * off.double().square().sum(1) / (noise**2 + ROUNDING)).softmax(0)
    found = faces.posterior(low, scale=2, detail=False, noise=noise, enough=100)
    assert effective(crowd) > 200
    assert found.effective >= 100

    def moments(people, weights):
        mean = weights @ people.double()
        squares = (people - mean).square()
        width = (weights @ squares).sqrt()
        return mean, width, (weights @ (squares - width**2).square()).sqrt() / (2 * width)

    (mean, width, of_width), (other, wide, _) = (
        moments(people, crowd),
        moments(found.attributes, found.weights),
    )
    worth = (1 / effective(crowd) + 1 / found.effective) ** 0.5
    assert ((mean - other).abs() < 4.5 * worth * width).all()
    assert ((width - wide).abs() < 4.5 * worth * of_width).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_faces_and_the_truth_is_among_them():
    face = faces.sample(1, seed=4)[0]
    low = small_picture(face, 77, 16, 2)
    found, again = (faces.posterior(low, scale=2, seed=2) for _ in range(2))
    assert torch.equal(found.attributes, again.attributes)
    assert torch.equal(found.weights, again.weights)
    assert found.effective >= 100
    assert abs(float(found.weights.sum()) - 1) < 1e-9
    lowest, highest = faces.bounds()
    assert ((found.attributes >= lowest) & (found.attributes <= highest)).all()
    drawn = found.draw(2000, seed=1)
    assert (((drawn.mean(0) - face) / (drawn.std(0) + 0.01)).abs() < 5).all()
    mean = found.weights @ found.attributes.double()
    width = (found.weights @ (found.attributes - mean).square()).sqrt()
    assert ((drawn.mean(0) - mean).abs() < 5 * width / 2000**0.5 + 1e-6).all()


@pytest.mark.slow
def test_the_truth_lies_in_the_middle_as_often_as_it_should():
    """Four fifths of the truths lie in the middle four fifths of their posteriors, or a few less."""
    draws, shares, test = generator(4), [], pairs(load("faces", "test", n=24), 4)
    for i, (low, face) in enumerate(zip(test.low, test.labels, strict=True)):
        found = faces.posterior(low, seed=i, enough=100)
        below = (found.attributes < face).double()
        below += (found.attributes == face) * torch.rand(D, generator=draws).double()  # many are exactly 0
        shares.append(found.weights @ below)
    inside = ((torch.stack(shares) - 0.5).abs() < 0.4).double().mean()
    assert 0.72 < inside < 0.86


@pytest.mark.slow
def test_eight_times_smaller():
    face = faces.sample(1, seed=8)[0]
    assert faces.posterior(small_picture(face, 5, 64, 8), scale=8).effective > 100
