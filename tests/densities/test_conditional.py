"""Bayes' rule for normals, held against a joint normal, against sampling, and against a grid."""

import pytest
import torch

from gmcourse.densities import Normal, condition, seen_through


def some_normal(dims=5, seed=0):
    g = torch.Generator().manual_seed(seed)
    factor = torch.randn(dims, dims, generator=g, dtype=torch.float64)
    mean = torch.randn(dims, generator=g, dtype=torch.float64)
    return Normal(mean, torch.linalg.cholesky(factor @ factor.T + 0.1 * torch.eye(dims).double()))


MATRIX = torch.randn(2, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("noise", [1.0, 0.1, 1e-3])
def test_joint_is_likelihood_times_prior_and_posterior_times_evidence(noise):
    prior, g = some_normal(), torch.Generator().manual_seed(2)
    x = prior.sample(4, g)
    for point in x:
        seen = MATRIX @ point + noise * torch.randn(2, generator=g, dtype=torch.float64)
        likelihood = Normal(MATRIX @ point, noise * torch.eye(2).double()).log_prob(seen[None])
        evidence = seen_through(prior, MATRIX, noise).log_prob(seen[None])
        posterior = condition(prior, MATRIX, seen, noise).log_prob(point[None])
        assert torch.allclose(likelihood + prior.log_prob(point[None]), posterior + evidence, rtol=1e-4, atol=1e-4)


def test_moments_against_draws():
    prior, noise, g = some_normal(), 0.5, torch.Generator().manual_seed(3)
    x = prior.sample(200_000, g)
    seen = x @ MATRIX.T + noise * torch.randn(200_000, 2, generator=g, dtype=torch.float64)
    image = seen_through(prior, MATRIX, noise)
    assert torch.allclose(seen.T.cov(), image.covariance, rtol=0.05, atol=0.05)
    # the posterior mean is the linear regression of x on y, and its covariance that of the residuals
    gain = torch.linalg.lstsq(seen - seen.mean(0), x - x.mean(0)).solution.T
    at = torch.tensor([0.7, -0.4]).double()
    expected = prior.mean + gain @ (at - MATRIX @ prior.mean)
    assert torch.allclose(condition(prior, MATRIX, at, noise).mean, expected, atol=0.05)
    left = (x - x.mean(0)) - (seen - seen.mean(0)) @ gain.T
    assert torch.allclose(condition(prior, MATRIX, at, noise).covariance, left.T.cov(), rtol=0.05, atol=0.03)


def test_what_is_seen_is_kept_when_nothing_blurs_it():
    posterior = condition(some_normal(), MATRIX, torch.tensor([0.3, -0.2]).double(), 1e-3)
    drawn = posterior.sample(100, torch.Generator().manual_seed(0))
    assert (drawn @ MATRIX.T - torch.tensor([0.3, -0.2]).double()).abs().max() < 0.01
    assert drawn.std(0).max() > 0.3  # and what is not seen stays open
