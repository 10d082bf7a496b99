"""The posterior by rejection: calibrated over faces, the prior where nothing is seen."""

import pytest
import torch

from gmcourse.data import faces, load
from gmcourse.data.low_resolution import pairs
from gmcourse.models.srflow.posterior import attribute_posterior

HIDDEN = ("smile", "mouth_open", "eye_narrowness", "brows")


@pytest.fixture(scope="module")
def test_faces():
    return pairs(load("faces", "test", n=24), 4)


def posterior(both, i, **options):
    return attribute_posterior(
        both.low[i], both.labels[i], HIDDEN, **{"candidates": 1500, "details": 500, **options}
    )


def test_only_the_hidden_ones_vary_and_they_vary_less_than_before(test_faces):
    found = posterior(test_faces, 0)
    columns = [faces.column(name) for name in HIDDEN]
    others = [i for i in range(len(faces.NAMES)) if i not in columns]
    assert torch.equal(found.candidates[:, others], test_faces.labels[:1, others].expand(1500, -1))
    assert 0 < len(found.accepted) < 1500
    assert abs(float(found.weights.sum()) - 1) < 1e-9
    mouth = found.candidates[:, faces.column("mouth_open")]
    mean = (found.weights * mouth).sum()
    assert ((found.weights * (mouth - mean) ** 2).sum().sqrt()) < 0.6 * mouth.std()


def test_accepted_draws_have_the_weighted_mean(test_faces):
    found = posterior(test_faces, 2, candidates=4000, noise=4 / 255)
    column = faces.column("mouth_open")
    values, kept = found.candidates[:, column], found.accepted[:, column]
    error = kept.std() / len(kept) ** 0.5
    assert abs(kept.mean() - (found.weights * values).sum()) < 5 * error


def test_with_endless_noise_the_prior_comes_back(test_faces):
    found = posterior(test_faces, 1, noise=1e3)
    assert len(found.accepted) == 1500
    assert torch.allclose(found.weights, torch.full((1500,), 1 / 1500, dtype=torch.float64), rtol=1e-3)


@pytest.mark.slow
def test_it_is_calibrated(test_faces):
    """The share of the posterior below the truth is uniform over faces: mean ½, standard deviation 0.289."""
    found = [posterior(test_faces, i, candidates=800, details=400) for i in range(24)]
    shares = torch.tensor(
        [
            [p.below(name, float(test_faces.labels[i, faces.column(name)])) for name in HIDDEN]
            for i, p in enumerate(found)
        ]
    )
    assert abs(float(shares.mean()) - 0.5) < 4 * 0.289 / 24**0.5 / 2
    assert 0.2 < float(shares.std()) < 0.36  # a posterior too narrow gives up to 0.5, one too wide less


def test_what_does_not_fit(test_faces):
    with pytest.raises(ValueError, match=r"expected \(3, h, w\) and \(18,\)"):
        attribute_posterior(test_faces.low, test_faces.labels[0], HIDDEN)
    with pytest.raises(ValueError, match="expected some of smile"):
        attribute_posterior(test_faces.low[0], test_faces.labels[0], ["beard"])
