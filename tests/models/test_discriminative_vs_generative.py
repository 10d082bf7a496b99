"""Both sides of chapter 01: they agree where they must, and Bayes' rule holds where floats give up."""

import math

import pytest
import torch
import torch.nn.functional as F

from gmcourse.data import load, toy
from gmcourse.densities import Normal
from gmcourse.models.discriminative_vs_generative import (
    Classifier,
    GaussianWorld,
    GenerativeClassifier,
    crossing,
    draws_from,
    error_rate,
    fit_gaussians,
    fit_logistic,
    fit_mixtures,
    learning_curve,
    log_posterior,
)


def two_classes(n=400, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    x = torch.randn(n, 2, generator=g, dtype=torch.float64) @ torch.tensor([[1.0, 0.5], [0.0, 0.7]]).double()
    return x + y[:, None] * torch.tensor([1.5, -1.0]).double(), y


def test_logistic_regression_is_at_its_minimum():
    x, y = two_classes()
    model = fit_logistic(x, y, 2)
    model.requires_grad_(True)
    model.loss((x, y))["loss"].backward()
    assert max(float(p.grad.abs().max()) for p in model.parameters()) < 1e-6


def test_logistic_regression_agrees_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    data = load("digits")
    x, y = data.unit().flatten(1).double()[:300], data.labels[:300]
    theirs = LogisticRegression(C=1 / (300 * 0.01), tol=1e-8, max_iter=2000).fit(x.numpy(), y.numpy())
    ours = fit_logistic(x, y, 10, l2=0.01).log_posterior(x).exp()
    assert (ours - torch.as_tensor(theirs.predict_proba(x.numpy()))).abs().max() < 1e-3


def test_classes_that_a_plane_separates_do_not_blow_up():
    x = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
    model = fit_logistic(x, torch.tensor([0, 0, 1, 1]), 2)
    assert model.predict(x.double()).tolist() == [0, 0, 1, 1]
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_shared_covariance_gives_a_linear_boundary_and_its_own_a_quadratic_one():
    x, y = two_classes()
    shared, own = fit_gaussians(x, y, 2, covariance="shared"), fit_gaussians(x, y, 2)

    def curvature(model):
        def score(point):
            log_joint = model.log_joint(point[None])[0]
            return log_joint[1] - log_joint[0]

        return torch.autograd.functional.hessian(score, torch.zeros(2).double()).abs().max()

    assert curvature(shared) < 1e-12 < 1e-3 < curvature(own)


def test_the_twins_find_the_same_boundary_on_what_both_assume():
    x, y = two_classes(8000)
    fresh, labels = two_classes(2000, seed=1)
    generative, discriminative = fit_gaussians(x, y, 2, covariance="shared"), fit_logistic(x, y, 2)
    apart = (generative.log_posterior(fresh).exp() - discriminative.log_posterior(fresh).exp()).abs().mean()
    assert apart < 0.02
    assert abs(error_rate(generative, fresh, labels) - error_rate(discriminative, fresh, labels)) < 0.01


def test_naive_bayes_agrees_with_scikit_learn():
    from sklearn.naive_bayes import GaussianNB

    x, y = two_classes()
    ours = fit_gaussians(x, y, 2, structure="diagonal").log_posterior(x)
    theirs = GaussianNB(var_smoothing=0).fit(x.numpy(), y.numpy()).predict_log_proba(x.numpy())
    assert torch.allclose(ours, torch.as_tensor(theirs), atol=1e-8)


def test_bayes_rule_where_the_densities_underflow():
    log_joint = torch.tensor([[-2000.0, -2001.0]]).double()
    assert not log_joint.exp().any()
    expected = torch.tensor([[0.0, -1.0]]).double().log_softmax(1)
    assert torch.allclose(log_posterior(log_joint), expected)


def test_evidence_and_samples():
    x, y = two_classes()
    model = fit_mixtures(x, y, 2, 2, generator=torch.Generator().manual_seed(0))
    ticks = torch.linspace(-7, 8, 200, dtype=torch.float64)
    total = model.log_prob(torch.cartesian_prod(ticks, ticks)).exp().sum() * (15 / 199) ** 2
    assert abs(float(total) - 1) < 1e-4
    drawn, labels = model.draw(6000, torch.Generator().manual_seed(0))
    assert abs(float(labels.double().mean()) - 0.5) < 0.03
    for k in range(2):
        assert (drawn[labels == k].mean(0) - x[y == k].mean(0)).abs().max() < 0.1


def test_classes_are_drawn_as_often_as_the_prior_says():
    apart = [Normal(torch.tensor([place]), torch.eye(1)) for place in (-9.0, 0.0, 9.0)]
    prior = torch.tensor([0.7, 0.0, 0.3])
    x, y = GenerativeClassifier(prior.log(), apart).draw(4000, torch.Generator().manual_seed(0))
    assert (torch.bincount(y, minlength=3) / 4000 - prior).abs().max() < 0.03
    assert (x[:, 0] - (y - 1) * 9).abs().max() < 5


def test_the_true_densities_are_the_best_classifier():
    moons = toy.load("two_moons")
    best = GenerativeClassifier(torch.full((2,), -math.log(2)), moons.parts(2))
    x, y = best.draw(1500, torch.Generator().manual_seed(0))
    assert error_rate(best, x, y) <= error_rate(fit_gaussians(x, y, 2), x, y)
    flat = Classifier(2, 2, hidden=(8,))
    assert torch.allclose(flat.log_posterior(x).logsumexp(1), torch.zeros(1500), atol=1e-5)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_the_world_has_the_error_that_was_asked_for(correlation):
    world = GaussianWorld.make(20, bayes_error=0.1, correlation=correlation)
    assert abs(world.bayes_error() - 0.1) < 1e-9
    x, y = world.sample(20_000, torch.Generator().manual_seed(0))
    normals = [Normal(sign * world.shift / 2, world.chol) for sign in (-1, 1)]
    true = GenerativeClassifier(torch.tensor([0.5, 0.5]).log(), normals)
    assert abs(error_rate(true, x, y) - 0.1) < 0.01
    seen = (x - (y[:, None] - 0.5) * world.shift).T.corrcoef().abs()
    off_diagonal = seen[~torch.eye(20, dtype=torch.bool)]
    assert (off_diagonal - correlation).abs().max() < 0.04


def test_naive_bayes_is_ahead_early_where_its_assumption_holds():
    world = GaussianWorld.make(30)
    test = world.sample(2000, torch.Generator().manual_seed(9))
    fits = {
        "naive Bayes": lambda x, y: fit_gaussians(x, y, 2, covariance="shared", structure="diagonal"),
        "logistic regression": lambda x, y: fit_logistic(x, y, 2, steps=50),
    }
    curves = learning_curve(world.sample, test, fits, [20, 600], repeats=4)
    naive, logistic = (curves[name].mean(0) for name in fits)
    assert naive[0] < logistic[0]
    assert abs(float(naive[1]) - 0.05) < 0.03
    again = learning_curve(world.sample, test, fits, [20, 600], repeats=4)
    assert torch.equal(curves["naive Bayes"], again["naive Bayes"])


def test_logistic_regression_is_ahead_late_where_it_does_not():
    world = GaussianWorld.make(30, correlation=0.3)
    x, y = world.sample(3000, torch.Generator().manual_seed(0))
    test = world.sample(2000, torch.Generator().manual_seed(9))
    naive = fit_gaussians(x, y, 2, covariance="shared", structure="diagonal")
    assert error_rate(fit_logistic(x, y, 2, steps=50), *test) < error_rate(naive, *test) - 0.02


def test_draws_hold_every_class():
    y = torch.tensor([0] * 50 + [1] * 5 + [2] * 45)
    x = torch.arange(100.0)[:, None]
    draw = draws_from(x, y)
    for n in (3, 7, 30, 100):
        chosen, labels = draw(n, torch.Generator().manual_seed(n))
        assert len(chosen.unique()) == n
        assert torch.equal(y[chosen[:, 0].long()], labels)
        assert torch.bincount(labels, minlength=3).min() >= min(n // 3, 5)
    with pytest.raises(ValueError, match="n is 2; expected 3"):
        draw(2, torch.Generator())


def test_crossing():
    falling, level = torch.tensor([[0.5, 0.3, 0.1]]), torch.tensor([[0.2, 0.2, 0.2]])
    assert crossing([10, 20, 40], level, falling) == 40
    assert crossing([10, 20, 40], falling, level) is None
    assert crossing([10, 20, 40], level + 1, level) == 10
    with pytest.raises(ValueError, match="sizes is 2 of them; expected 3"):
        crossing([1, 2], falling, level)


def test_the_classifier_learns_by_cross_entropy():
    x, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    model = Classifier(3, 3, hidden=[4])
    assert torch.allclose(model.loss((x, y))["loss"], F.nll_loss(model.log_posterior(x), y))


X, Y = torch.randn(6, 2), torch.tensor([0, 1, 0, 1, 0, 1])


def test_what_no_row_of_bad_input_has():
    for call, message in (
        (lambda: fit_gaussians(X, Y, 3), r"without an example of the classes \[2\]"),
        (lambda: fit_gaussians(X[:2], Y[:2], 2), "positive definite"),
        (lambda: draws_from(X, Y)(7, torch.Generator()), "n is 7; expected 2"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
