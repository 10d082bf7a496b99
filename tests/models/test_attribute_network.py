"""The attribute network: its range, its errors, and that it follows an edit."""

from types import SimpleNamespace

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import faces, load
from gmcourse.models.attribute_network import AttributeNetwork
from gmcourse_recipes import attribute_network as recipe

LOW, HIGH = faces.bounds()


def test_what_it_says_can_be_drawn():
    said = AttributeNetwork(4, 8).eval()(torch.randn(5, 3, 32, 32))
    assert said.shape == (5, 18)
    assert ((said >= LOW) & (said <= HIGH)).all()
    assert faces.render(said, 16).shape == (5, 3, 16, 16)


@pytest.mark.slow
def test_it_learns():
    torch.manual_seed(0)
    people = load("faces", n=64)
    batch = people.pixels, faces.share_of_range(people.labels)
    step = recipe.RECIPE.step(AttributeNetwork(8, 32), torch.device("cpu"))
    losses = [step(batch)["loss"] for _ in range(40)]
    assert losses[-1] < 0.6 * losses[0]


def test_the_trained_one_reads_held_out_faces_as_its_manifest_says():
    people = load("faces", "test", n=500)
    read = zoo.load("attribute_network")(people.unit())
    error = ((read - people.labels) / (HIGH - LOW)).abs().mean(0)
    said = zoo.manifest("attribute_network").metrics
    assert float(error.mean()) == pytest.approx(said["test_error_share_of_range"], rel=0.1)
    for name in ("smile", "skin", "hair_length", "yaw", "glasses", "moustache"):
        assert float(error[faces.column(name)]) == pytest.approx(said[f"test_error_{name}_share_of_range"], rel=0.35)
    assert said["test_error_share_of_range"] < 0.4 * said["test_error_of_the_median_share_of_range"]


@pytest.mark.parametrize("name", ["smile", "skin", "hair_color", "glasses", "moustache", "eye_narrowness", "age"])
def test_the_trained_one_follows_an_edit(name):
    people, place = faces.sample(100, seed=5), faces.column(name)
    before, after = people.clone(), people.clone()
    before[:, place], after[:, place] = 0.2, 0.8
    network, seeds = zoo.load("attribute_network"), torch.arange(100)
    moved = network(faces.render(after, 32, detail=seeds)) - network(faces.render(before, 32, detail=seeds))
    assert 0.3 < float(moved[:, place].mean()) < 0.8
    others = [i for i in range(18) if i != place]
    assert (moved.mean(0)[others] / (HIGH - LOW)[others]).abs().max() < 0.15


def test_differences_from_the_fit_are_those_of_the_same_pictures(monkeypatch):
    """A network that reads 0.1 of the range more than the fit differs by 0.1 from it; the fit has its own error."""
    people = load("faces", "test", n=3)
    fitted = people.labels[:2].lerp(faces.middle(), 0.2)
    monkeypatch.setattr(recipe, "FITTED", 2)
    monkeypatch.setattr(faces, "fit", lambda x: (fitted, torch.tensor([0.02, 0.04])))
    reader = SimpleNamespace(share_of_range=lambda x: faces.share_of_range(fitted) + 0.1)
    found = recipe.beside_fits(reader, people, torch.device("cpu"))
    for name in ("held_out", "glow", "stylegan2", "vae"):
        assert found[f"difference_from_fit_{name}_share_of_range"] == pytest.approx(0.1, abs=1e-6)
        assert found[f"fit_pixel_error_{name}"] == pytest.approx(0.03)
    own = ((fitted - people.labels[:2]) / (HIGH - LOW)).abs().mean()
    assert found["error_of_fit_share_of_range"] == pytest.approx(float(own), abs=1e-6)
