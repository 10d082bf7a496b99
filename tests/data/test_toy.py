"""Toy densities: each integrates to one, and its samples are samples of it."""

import math

import pytest
import torch

from gmcourse.data import toy


def grid(extent, size):
    """Centres of size × size cells, and the area of one."""
    left, right, bottom, top = extent
    ticks = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    points = torch.cartesian_prod(left + (right - left) * ticks, bottom + (top - bottom) * ticks)
    return points, (right - left) * (top - bottom) / size**2


@pytest.mark.parametrize("name", toy.NAMES)
def test_it_integrates_to_one(name):
    density = toy.load(name)
    points, cell = grid(density.extent, 320)  # a multiple of four, so that the board's squares fit
    total = sum(float(density.log_prob(part).exp().sum()) for part in points.split(20_000)) * cell
    assert abs(total - 1) < 2e-3


@pytest.mark.parametrize("name", toy.NAMES)
def test_samples_follow_the_density(name):
    """The shares of samples in the boxes of a coarse grid are the integrals of the density over them."""
    density = toy.load(name)
    left, right, bottom, top = density.extent
    n, boxes, fine = 40_000, 8, 40
    x = density.sample(n, torch.Generator().manual_seed(0)).double()
    column = ((x[:, 0] - left) / (right - left) * boxes).floor().clamp(0, boxes - 1)
    row = ((x[:, 1] - bottom) / (top - bottom) * boxes).floor().clamp(0, boxes - 1)
    shares = torch.bincount((column * boxes + row).long(), minlength=boxes**2).double() / n
    points, cell = grid(density.extent, boxes * fine)
    mass = torch.cat([density.log_prob(part).exp() for part in points.split(20_000)]) * cell
    mass = mass.reshape(boxes, fine, boxes, fine).sum((1, 3)).flatten()
    error = (mass * (1 - mass) / n).sqrt()
    assert ((shares - mass).abs() < 5 * error + 1e-3).all()


def test_the_same_seed_gives_the_same_points():
    for name in toy.NAMES:
        one, two = (toy.load(name).sample(5, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(one, two)


def test_a_point_of_a_square_and_one_beside_it():
    board = toy.load("checkerboard")
    assert math.isclose(float(board.log_prob(torch.tensor([[-3.0, -3.0]]))), -math.log(32.0), rel_tol=1e-6)
    assert float(board.log_prob(torch.tensor([[-1.0, -3.0]]))) == -math.inf


def test_the_parts_are_the_classes():
    density = toy.load("two_moons")
    upper, lower = density.parts(2)
    x = density.sample(50)
    both = torch.logaddexp(upper.log_prob(x), lower.log_prob(x)) - math.log(2)
    assert torch.allclose(both, density.log_prob(x), atol=1e-5)
    assert upper.sample(100)[:, 1].mean() > lower.sample(100)[:, 1].mean() + 0.5


def test_the_dtype_of_the_points_is_kept():
    for name in toy.NAMES:
        assert toy.load(name).log_prob(torch.ones(2, 2, dtype=torch.float64)).dtype == torch.float64
