"""Normals and mixtures: against torch and scikit-learn, Monte Carlo, and EM's one guarantee."""

import itertools

import pytest
import torch
from torch.distributions import MultivariateNormal

from gmcourse.densities import Mixture, Normal, covariance, em_step
from tests.conftest import assert_close


def three_clusters(n=300):
    g = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]], dtype=torch.float64)
    labels = torch.arange(n) % 3
    return centres[labels] + torch.randn(n, 2, generator=g, dtype=torch.float64), labels


def test_a_normal_is_torchs():
    x = torch.randn(50, 3, dtype=torch.float64)
    ours = Normal.fit(x)
    theirs = MultivariateNormal(x.mean(0), (x - x.mean(0)).T @ (x - x.mean(0)) / 50)
    assert_close(ours.log_prob(x), theirs.log_prob(x), 1e-12)
    assert_close(-ours.log_prob(x).mean(), theirs.entropy(), 1e-12)  # true of a maximum-likelihood fit


def test_structures():
    x = torch.randn(50, 3, dtype=torch.float64) * torch.tensor([1.0, 2.0, 3.0])
    assert_close(Normal.fit(x, structure="diagonal").covariance, x.var(0, correction=0).diag(), 1e-12)
    spherical = Normal.fit(x, structure="spherical").covariance
    assert_close(spherical, torch.eye(3).double() * x.var(0, correction=0).mean(), 1e-12)


def test_weights_are_repetitions():
    x = torch.randn(20, 2, dtype=torch.float64)
    counts = torch.arange(20) % 3
    repeated = x.repeat_interleave(counts, 0)
    mean = repeated.mean(0)
    assert_close(covariance(x, mean, weights=counts.double()), covariance(repeated, mean), 1e-12)


def test_samples_have_the_moments():
    normal = Normal(torch.tensor([1.0, -1.0]), torch.tensor([[2.0, 0.0], [1.0, 0.5]]))
    x = normal.sample(100_000, torch.Generator().manual_seed(0))
    assert (x.mean(0) - normal.mean).abs().max() < 0.03
    assert (x.T.cov() - normal.covariance).abs().max() < 0.06


def test_em_never_loses():
    x, _ = three_clusters()
    mixture = Mixture.fit(x, 4, steps=1, generator=torch.Generator().manual_seed(1))
    values = []
    for _ in range(15):
        mixture, value = em_step(x, mixture)
        values.append(value)
    assert all(later >= earlier - 1e-10 for earlier, later in itertools.pairwise(values))


@pytest.mark.parametrize("structure", ["full", "diagonal", "spherical"])
def test_the_mixture_is_as_good_as_scikit_learns(structure):
    from sklearn.mixture import GaussianMixture

    x, labels = three_clusters()
    ours = Mixture.fit(x, 3, structure=structure, ridge=0.0, generator=torch.Generator().manual_seed(0))
    kind = {"full": "full", "diagonal": "diag", "spherical": "spherical"}[structure]
    theirs = GaussianMixture(3, covariance_type=kind, random_state=0).fit(x.numpy())
    assert abs(float(ours.log_prob(x).mean()) - theirs.score(x.numpy())) < 2e-3
    found = ours.responsibilities(x).argmax(1)
    assert sum(len(found[labels == k].unique()) == 1 for k in range(3)) >= 2
    assert ours.sample(7).shape == (7, 2)


def test_a_mixture_integrates_to_one_and_samples_follow_it():
    x, _ = three_clusters()
    mixture = Mixture.fit(x, 3, generator=torch.Generator().manual_seed(0))
    ticks = torch.linspace(-6, 12, 301, dtype=torch.float64)
    grid = torch.cartesian_prod(ticks, ticks)
    p = mixture.log_prob(grid).exp() * (18 / 300) ** 2
    assert abs(float(p.sum()) - 1) < 1e-6
    mean = (p[:, None] * grid).sum(0)
    drawn = mixture.sample(20_000, torch.Generator().manual_seed(0))
    assert (drawn.mean(0) - mean).abs().max() < 0.1


def test_a_component_keeps_its_correlations_when_it_is_drawn_from():
    chol = torch.tensor([[2.0, 0.0], [1.5, 0.5]])
    mixture = Mixture(torch.zeros(1), torch.tensor([[3.0, 0.0]]), chol[None])
    drawn = mixture.sample(50_000, torch.Generator().manual_seed(0))
    assert (drawn.T.cov() - chol @ chol.T).abs().max() < 0.1


def test_equal_points_and_bad_input():
    same = torch.ones(5, 2)
    with pytest.raises(ValueError, match="positive definite"):
        Mixture.fit(same, 2)
    with pytest.raises(ValueError, match="positive definite"):
        Normal.fit(torch.randn(2, 5))
