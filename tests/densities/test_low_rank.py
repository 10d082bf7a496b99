"""The normal of low rank: against torch's, closed forms, and EM's one guarantee."""

import itertools
import math

import pytest
import torch
from torch.distributions import LowRankMultivariateNormal

from gmcourse.densities import LowRankNormal, Normal
from tests.conftest import assert_close


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def truth():
    draw = generator()
    mean, loadings = torch.randn(6, generator=draw), torch.randn(6, 2, generator=draw)
    return LowRankNormal(mean.double(), loadings.double(), torch.rand(6, generator=draw).double() + 0.1)


def covariance(normal):
    return normal.loadings @ normal.loadings.T + normal.noise.diag()


def test_a_low_rank_normal_is_torchs():
    ours = truth()
    theirs = LowRankMultivariateNormal(ours.mean, ours.loadings, ours.noise)
    x = 3 * torch.randn(50, 6, generator=generator(1)).double()
    assert_close(ours.log_prob(x), theirs.log_prob(x), 1e-10)


def test_samples_have_the_moments():
    normal = truth()
    x = normal.sample(200_000, generator())
    assert (x.mean(0) - normal.mean).abs().max() < 0.02
    assert (x.T.cov() - covariance(normal)).abs().max() < 0.06


def test_spherical_noise_is_probabilistic_pca():
    """Tipping & Bishop 1999: the leading eigenvalues stay, all others become their mean."""
    x = truth().sample(500, generator())
    fitted = LowRankNormal.fit(x, 2, structure="spherical")
    values, vectors = torch.linalg.eigh(x.T.cov(correction=0))
    values[:4] = values[:4].mean()
    assert_close(covariance(fitted), (vectors * values) @ vectors.T, 1e-8)
    assert_close(fitted.mean, x.mean(0), 1e-12)


def test_em_never_loses_and_finds_the_truth():
    x = truth().sample(20_000, generator())
    normal = LowRankNormal.fit(x, 2, structure="spherical")
    values = []
    for _ in range(60):
        values.append(float(normal.log_prob(x).mean()))
        normal = normal.em_step(x)
    assert all(later >= earlier - 1e-10 for earlier, later in itertools.pairwise(values))
    assert values[-1] > values[0] + 0.01
    assert (covariance(normal) - covariance(truth())).abs().max() < 0.1
    assert abs(values[-1] - float(Normal.fit(x).log_prob(x).mean())) < 1e-3, "as good as a full covariance"


def test_rank_0_is_a_diagonal_normal():
    x = truth().sample(100, generator())
    assert_close(LowRankNormal.fit(x, 0).log_prob(x), Normal.fit(x, structure="diagonal").log_prob(x), 1e-10)


def test_weights_are_repetitions():
    x = truth().sample(40, generator())
    counts, start = torch.arange(40) % 3, LowRankNormal.fit(x, 2)
    repeated, weighted = start.em_step(x.repeat_interleave(counts, 0)), start.em_step(x, counts.double())
    assert_close(covariance(weighted), covariance(repeated), 1e-9)


def test_float32_is_enough_for_thousands_of_dimensions():
    """Pixels that nearly repeat each other: the log-determinant is a sum of thousands of numbers of one sign."""
    draw = generator()
    loadings = torch.randn(3072, 20, generator=draw) * 0.3
    single = LowRankNormal(torch.zeros(3072), loadings, torch.full((3072,), 1e-4))
    double = LowRankNormal(*(each.double() for each in (single.mean, single.loadings, single.noise)))
    x = double.sample(20, draw)
    difference = (single.log_prob(x.float()).double() - double.log_prob(x)).abs().max()
    assert difference / (3072 * math.log(2)) < 1e-3, "bits per dimension"
    fitted = LowRankNormal.fit(double.sample(500, draw).float(), 20)
    assert (fitted.noise / 1e-4 - 1).abs().mean() < 0.2


def test_more_dimensions_than_points():
    x = torch.randn(5, 30, generator=generator()).double()
    assert LowRankNormal.fit(x, 3).log_prob(x).isfinite().all()
    with pytest.raises(ValueError, match="rank is 5"):
        LowRankNormal.fit(x, 5)
