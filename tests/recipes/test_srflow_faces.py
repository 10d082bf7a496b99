"""What the recipe of SRFlow measures beside the posterior: distances and deviations of attributes."""

import math

import pytest
import torch

from gmcourse.data.faces.inference import Posterior
from gmcourse_recipes import srflow_faces as recipe

CPU = torch.device("cpu")


class Answers:
    """Stands in for a flow whose answers are given."""

    def __init__(self, pictures):
        self.pictures = pictures

    def sample(self, low, temperature, n):
        assert temperature == 1.0, "only there are answers draws from the model"
        return self.pictures[:, None].repeat(1, n, 1, 1, 1)


@pytest.fixture
def two(monkeypatch):
    """Two held-out faces, of whose attributes the posterior is sure."""
    monkeypatch.setattr(recipe, "ASKED", 2)
    test = recipe.TASK.held_out(CPU)[:2]
    people = iter(test.labels.cpu())
    sure = torch.ones(1, dtype=torch.float64)
    monkeypatch.setattr(recipe.faces, "posterior", lambda low, enough: Posterior(next(people)[None], sure))
    return test


def test_answers_that_are_the_truth_are_as_far_from_it_as_the_network_misreads(two):
    found = recipe.beside_the_posterior(Answers(two.unit()), CPU)
    assert found.pop("posterior_draws_median") == 1
    for name in recipe.NAMES:
        assert found[f"{name}_posterior_distance"] == found[f"{name}_posterior_deviation"] == 0
        assert found[f"{name}_answers_distance"] == pytest.approx(found[f"{name}_read_distance"], abs=1e-5)
        assert found[f"{name}_answers_deviation"] < 1e-5
    assert found["smile_read_distance"] > 0.001


def test_answers_to_the_wrong_face_are_far_away_and_broken_ones_do_not_spread(two):
    wrong = two.unit().flip(0)
    wrong[0, 0, 0, 0] = math.nan
    found = recipe.beside_the_posterior(Answers(wrong), CPU)
    assert all(math.isfinite(value) for value in found.values())
    assert sum(found[f"{name}_answers_distance"] for name in recipe.NAMES) > 0.3
