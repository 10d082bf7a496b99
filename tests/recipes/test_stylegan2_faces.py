"""StyleGAN2 on faces of two sizes: one measure for both, and a larger model that fits into the package."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import avg_pool2d

from gmcourse.experiments.stylegan_contest import Contest
from gmcourse.models.features import SIZE
from gmcourse.models.stylegan2 import Generator
from gmcourse_recipes import running
from gmcourse_recipes.stylegan2_faces import at_32, coverage
from tools.zoo.publish import LARGEST


def test_the_feature_network_sees_means_of_four_pixels():
    x = torch.rand(2, 3, 2 * SIZE, 2 * SIZE)
    assert torch.allclose(at_32(x), avg_pool2d(x, 2), atol=1e-6)
    assert torch.equal(at_32(x[..., :SIZE, :SIZE]), x[..., :SIZE, :SIZE])


def test_the_larger_recipe_plays_at_64_and_fits_into_the_package():
    recipe = running.find("stylegan2_faces_64")
    network = Generator(**recipe.arguments)
    losses = recipe.step(network, torch.device("cpu"))(torch.rand(4, 3, 64, 64) * 2 - 1)
    assert losses.keys() == {"discriminator", "generator", "r1", "path_length"}
    assert recipe.half
    assert sum(2 * value.numel() for value in network.state_dict().values()) < LARGEST
    assert recipe.samples(network, torch.device("cpu")).shape == (21, 3, 64, 64)


def test_coverage_is_the_mean_of_draws_and_says_how_far_they_lie_apart():
    """Pixels stand for features. A generator that draws one picture covers nothing, one that draws anew some."""
    features = SimpleNamespace(of=lambda x: x[:, :, :2, :2].flatten(1))
    test, known = torch.rand(2, 60, 12, generator=torch.Generator().manual_seed(0))
    drawing = SimpleNamespace(sample=lambda n: torch.rand(n, 3, SIZE, SIZE))
    found = coverage(drawing, features, test, known)
    floor = coverage(SimpleNamespace(sample=lambda n: torch.full((n, 3, SIZE, SIZE), 0.5)), features, test, known)
    assert set(found) == {f"{a}{b}" for a in ("precision", "recall") for b in ("", "_deviation", "_train_to_test")}
    assert found["recall"] == pytest.approx(0.8, abs=0.15)
    assert 0 < found["recall_deviation"] < 0.1
    assert floor["recall"] == floor["recall_deviation"] == 0
    assert found["recall_train_to_test"] == floor["recall_train_to_test"] > 0.5


def test_the_contest_has_a_larger_size_too(monkeypatch):
    monkeypatch.setattr("gmcourse_recipes.stylegan_contest_faces.BATCH", 2)
    recipe = running.find("stylegan_contest_faces_64")
    assert not recipe.ship
    contest = Contest(**recipe.arguments | {"runs": 1})
    losses = recipe.step(contest, torch.device("cpu"))(torch.rand(4, 3, 64, 64) * 2 - 1)
    both = {"discriminator", "generator", "r1"}
    assert losses.keys() == {f"{name}: {loss}" for name in contest.names for loss in both} | {
        "StyleGAN2: path_length"
    }
    assert recipe.samples(contest, torch.device("cpu")).shape == (12, 3, 64, 64)
