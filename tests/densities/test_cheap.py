"""Histograms, mixtures of any parts, mixtures of factor analysers, shrinkage: against counts and brute force."""

import itertools
import math

import pytest
import torch
from torch.distributions import LowRankMultivariateNormal, MixtureSameFamily

from gmcourse.densities import FiniteMixture, Histogram, LowRankMixture, LowRankNormal, Normal, k_means
from tests.conftest import assert_close


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def clusters(n=600):
    """Three flat clouds in five dimensions, apart from each other."""
    draw = generator()
    labels = torch.arange(n) % 3
    means, loadings = 8 * torch.randn(3, 5, generator=draw), torch.randn(3, 5, 2, generator=draw)
    codes = torch.randn(n, 2, 1, generator=draw)
    x = means[labels] + (loadings[labels] @ codes)[..., 0] + 0.3 * torch.randn(n, 5, generator=draw)
    return x.double(), labels


def test_a_histogram_counts():
    pixels = torch.tensor([[0, 3], [0, 1], [2, 1], [0, 1]])
    x = ((pixels + torch.rand(4, 2, generator=generator())) / 4).double()
    smoothed = Histogram.fit(x, 4)  # of three and of one in four, with one more that all four levels share
    often, once = 3.25 / 5, 1.25 / 5
    chances = torch.tensor([often * once, often * often, once * often, often * often], dtype=torch.float64)
    assert_close(smoothed.log_prob(x) - 2 * math.log(4), chances.log(), 1e-9)
    assert_close(smoothed.log_probabilities.exp().sum(1), torch.ones(2).double(), 1e-12)
    assert_close(smoothed.log_probabilities[0, 3].exp(), torch.tensor(0.25 / 5, dtype=torch.float64), 1e-12)
    drawn = smoothed.sample(50_000, generator())
    assert (Histogram.fit(drawn, 4).log_probabilities.exp() - smoothed.log_probabilities.exp()).abs().max() < 0.01
    assert float(smoothed.log_prob(torch.ones(1, 2).double())) == pytest.approx(
        float(smoothed.log_prob(torch.full((1, 2), 0.99).double()))
    ), "1 belongs to the last level"


def test_a_mixture_of_low_rank_normals_is_torchs():
    x, _ = clusters()
    ours = LowRankMixture.fit(x, 3, 2, generator=generator())
    loc, factor, noise = (
        torch.stack([getattr(part, each) for part in ours.parts]) for each in ("mean", "loadings", "noise")
    )
    weights = torch.distributions.Categorical(logits=ours.log_weights)
    theirs = MixtureSameFamily(weights, LowRankMultivariateNormal(loc, factor, noise))
    assert_close(ours.log_prob(x), theirs.log_prob(x), 1e-9)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_em_never_loses(rank):
    x, _ = clusters()
    mixture, values = LowRankMixture.fit(x, 4, rank, steps=0, generator=generator(1)), []
    for _ in range(30):
        mixture, value = mixture.em_step(x)
        values.append(value)
    assert all(later >= earlier - 1e-7 for earlier, later in itertools.pairwise(values))
    assert values[-1] > values[0]


def test_each_cluster_is_found_and_drawn_from():
    x, labels = clusters()
    found = k_means(x, 3, generator=generator())
    assert all(len(found[labels == k].unique()) == 1 for k in range(3))
    mixture = LowRankMixture.fit(x, 3, 2, generator=generator())
    by_class = FiniteMixture.by_class(lambda part: LowRankNormal.fit(part, 2), x, labels)
    assert abs(float(mixture.log_prob(x).mean() - by_class.log_prob(x).mean())) < 0.02
    drawn = mixture.sample(60_000, generator())
    assert (drawn.mean(0) - x.mean(0)).abs().max() < 0.1
    assert (drawn.T.cov() - x.T.cov()).abs().max() < 0.03 * x.T.cov().abs().max()
    nearest = k_means(torch.cat([x, drawn[:200]]), 3, generator=generator())
    assert nearest[len(x) :].unique().numel() == 3, "every part is drawn from, in no order"
    assert len(nearest[len(x) :][:20].unique()) > 1


def test_by_class_weighs_by_frequency():
    x = torch.rand(30, 2, generator=generator()).double()
    labels = (torch.arange(30) >= 6).long() * 5
    mixture = FiniteMixture.by_class(lambda part: Normal.fit(part), x, labels)
    assert_close(mixture.log_weights.exp(), torch.tensor([0.2, 0.8], dtype=torch.float64), 1e-12)
    one, other = Normal.fit(x[:6]), Normal.fit(x[6:])
    brute = 0.2 * one.log_prob(x).exp() + 0.8 * other.log_prob(x).exp()
    assert_close(mixture.log_prob(x).exp(), brute, 1e-12)


def test_shrinkage_helps_where_points_are_few_and_goes_where_they_are_many():
    truth = Normal(torch.zeros(20).double(), (torch.eye(20) + 0.5 * torch.ones(20, 20).tril(-1)).double())
    few, held_out = truth.sample(12, generator()), truth.sample(2000, generator(1))
    assert (
        Normal.fit(few, shrink=True).log_prob(held_out).mean() > Normal.fit(few, ridge=0.1).log_prob(held_out).mean()
    )
    many = truth.sample(100_000, generator(2))
    assert_close(Normal.fit(many, shrink=True).covariance, Normal.fit(many).covariance, 1e-3)
    same = Normal.fit(torch.eye(4).double(), shrink=True)
    assert same.log_prob(torch.zeros(1, 4).double()).isfinite().all()
