"""Cheap models of tasks: each is what its name says, so that the recipes measure the right thing."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from gmcourse.data import prose, toy
from gmcourse.densities import Normal
from tools.zoo.tasks import TASKS, attributes, characters, codes, enlarging, linear, pictures, plane


@pytest.fixture
def draws():
    return torch.Generator().manual_seed(0)


def test_linear_regression_is_least_squares_and_the_ridge_makes_it_smaller(draws):
    x = torch.randn(400, 3, generator=draws).double() + 5
    y = torch.randn(400, 2, generator=draws).double() + x[:, :2]
    one = torch.cat([x, torch.ones(400, 1).double()], 1)
    expected = torch.linalg.lstsq(one, y).solution
    sums = linear.Sums.of(x, y, at_once=150)
    found = sums.solved(ridge=0)
    assert torch.allclose(torch.cat([found.weight, found.bias[None]]), expected, atol=1e-8)
    assert torch.allclose(found(x), one @ expected)
    assert sums.solved(ridge=1).weight.norm() < 0.7 * found.weight.norm()
    assert torch.allclose(sums.solved(ridge=1)(x).mean(0), y.mean(0)), "the bias has no ridge"


def test_the_ridge_is_that_which_serves_unseen_pairs(draws):
    """As many inputs as pairs, nearly, and nothing to find: the largest ridge is the best one."""
    x, y = torch.randn(120, 100, generator=draws), torch.randn(120, 1, generator=draws)
    chosen = linear.with_chosen_ridge(x, y)
    assert torch.allclose(chosen.weight, linear.Sums.of(x, y).solved(max(linear.RIDGES)).weight)
    exact = linear.with_chosen_ridge(x, x[:, :1])
    assert torch.allclose(exact.weight, linear.Sums.of(x, x[:, :1]).solved(min(linear.RIDGES)).weight)


@pytest.fixture
def answers(draws):
    """A regression of pictures (1, 1, 2) on one number, with correlated residuals."""
    mean = linear.Linear(torch.tensor([[0.5, -0.2]]).double(), torch.tensor([0.1, 0.6]).double())
    factor = torch.tensor([[0.1, 0.0], [0.05, 0.02]]).double()
    return enlarging.LinearNormal(mean, Normal(torch.zeros(2).double(), factor), (1, 1, 2))


def test_a_regression_and_a_normal_are_a_conditional_density(answers, draws):
    """Its bound is that of a normal around the regression, with one unit for each of the 255 steps of grey."""
    pixels, low = torch.tensor([[[[30, 200]]], [[[90, 120]]]]).byte(), torch.tensor([[[[0.2]]], [[[0.9]]]])
    noise = torch.rand(pixels.shape, generator=draws)
    around = MultivariateNormal(answers.mean(low.flatten(1)), scale_tril=answers.around.chol)
    expected = around.log_prob(((pixels + noise - 0.5) / 255).flatten(1).double()) - 2 * math.log(255)
    assert torch.allclose(answers.bound(pixels, low, noise), expected)


def test_answers_are_drawn_around_the_regression(answers):
    low = torch.full((20_000, 1, 1, 1), 0.5)
    torch.manual_seed(0)
    still, drawn = answers.sample(low, 0.0), answers.sample(low, 0.8)
    assert torch.allclose(still[0].double().flatten(), answers.mean(low[:1].flatten(1))[0], atol=1e-6)
    assert drawn.shape == (20_000, 1, 1, 1, 2)
    expected = 0.64 * answers.around.covariance
    assert torch.allclose(drawn.flatten(1).double().T.cov(), expected, rtol=0.05, atol=1e-5)


def test_ngrams_are_probabilities_that_know_what_followed():
    text = prose.load()[:2000]
    counted = characters.NGrams(text, 2)
    for before in ((), (1,), (5, 9), tuple(text[100:102].tolist())):
        assert sum(counted.probability(before, code) for code in range(len(prose.ALPHABET))) == pytest.approx(1)
    abc = torch.tensor([40, 41, 42] * 100)
    assert characters.NGrams(abc, 1).probability((40,), 41) > 0.9
    assert characters.NGrams(abc, 0).probability((40,), 41) < 0.4
    logs = characters.NGrams(abc, 1).each_log_prob(abc[None, :6])
    assert logs.shape == (1, 6)
    assert float(logs[0, 1:].exp().min()) > 0.9, "all but the first have a character before them"


def test_tables_are_exact_probabilities_of_black_and_white():
    """Over all pictures of four pixels they sum to 1, however many tables there are."""
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4).reshape(-1, 1, 2, 2)
    fitted = codes.Tables.fit(every[::3], torch.tensor([0, 1, 1, 0, 1, 0]))
    assert float(fitted.elbo(every, noise=torch.zeros(16, 1)).exp().sum()) == pytest.approx(1, rel=1e-5)
    assert codes.Tables.fit(every[:1], torch.zeros(1)).logits.abs().max() < 2, "one white picture proves little"


def test_k_means_finds_what_lies_apart(draws):
    centres = torch.randn(codes.CLUSTERS, 4, generator=draws) * 20
    x = (centres[:, None] + torch.randn(codes.CLUSTERS, 30, 4, generator=draws)).flatten(0, 1)
    found = codes.best_of_starts(x)
    assert found.classes == codes.CLUSTERS
    assert float(torch.cdist(centres, found.centres).amin(1).max()) < 1
    assert torch.equal(found.embed(centres).argmax(1).sort().values, torch.arange(codes.CLUSTERS))


def test_a_mixture_is_chosen_by_points_that_it_did_not_see(monkeypatch):
    monkeypatch.setattr(plane, "COMPONENTS", (1, 4))
    four = toy.Gaussians(torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]]), 0.5)
    draws = torch.Generator().manual_seed(0)
    assert len(plane.chosen_mixture(four.sample(500, draws), four.sample(500, draws)).means) == 4
    one = toy.Gaussians(torch.zeros(1, 2), 1.0)
    assert len(plane.chosen_mixture(one.sample(30, draws), one.sample(500, draws)).means) == 1


def test_samples_of_a_density_are_pictures_of_whole_numbers():
    made = pictures.Pictures(Normal(torch.full((4,), 0.5), 0.3 * torch.eye(4)), 17, (1, 2, 2)).sample(500)
    assert made.shape == (500, 1, 2, 2)
    levels = made * 16
    assert torch.allclose(levels, levels.round(), atol=1e-5)
    assert (float(made.min()), float(made.max())) == (0, 1)


def test_what_reads_attributes_stays_in_their_range():
    read = attributes.Reader(lambda x: 3 * x[:, :18] - 1).share_of_range(torch.rand(5, 3, 32, 32))
    assert read.shape == (5, 18)
    assert (float(read.min()), float(read.max())) == (0, 1)


def test_no_model_is_compared_twice():
    models = [model for task in TASKS.values() for model in task.compared]
    assert len(models) == len(set(models))
