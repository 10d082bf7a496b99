"""The attribute network: its range, its errors, and that it follows an edit."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import faces, load
from gmcourse.models.attribute_network import AttributeNetwork
from gmcourse.recipes import attribute_network as recipe

LOW, HIGH = faces.bounds()


def test_what_it_says_can_be_drawn():
    said = AttributeNetwork(4, 8).eval()(torch.randn(5, 3, 32, 32))
    assert said.shape == (5, 18)
    assert ((said >= LOW) & (said <= HIGH)).all()
    assert faces.render(said, 16).shape == (5, 3, 16, 16)


def test_it_learns():
    torch.manual_seed(0)
    people = load("faces", n=64)
    batch = people.pixels, faces.share_of_range(people.labels)
    step = recipe.step(AttributeNetwork(8, 32), torch.device("cpu"))
    losses = [step(batch)["loss"] for _ in range(40)]
    assert losses[-1] < 0.6 * losses[0]


def test_the_trained_one_reads_held_out_faces_as_its_manifest_says():
    people = load("faces", "test", n=500)
    read = zoo.load("attribute_network")(people.unit())
    error = ((read - people.labels) / (HIGH - LOW)).abs().mean(0)
    said = zoo.manifest("attribute_network").metrics
    assert float(error.mean()) == pytest.approx(said["test_error_share_of_range"], rel=0.1)
    for name in ("smile", "skin", "hair_length", "yaw", "glasses", "moustache"):
        assert float(error[faces.column(name)]) == pytest.approx(
            said[f"test_error_{name}_share_of_range"], rel=0.35
        )
    assert said["test_error_share_of_range"] < 0.4 * said["test_error_of_the_median_share_of_range"]


@pytest.mark.parametrize(
    "name", ["smile", "skin", "hair_color", "glasses", "moustache", "eye_narrowness", "age"]
)
def test_the_trained_one_follows_an_edit(name):
    people, place = faces.sample(100, seed=5), faces.column(name)
    before, after = people.clone(), people.clone()
    before[:, place], after[:, place] = 0.2, 0.8
    network, seeds = zoo.load("attribute_network"), torch.arange(100)
    moved = network(faces.render(after, 32, detail=seeds)) - network(faces.render(before, 32, detail=seeds))
    assert 0.3 < float(moved[:, place].mean()) < 0.8
    others = [i for i in range(18) if i != place]
    assert (moved.mean(0)[others] / (HIGH - LOW)[others]).abs().max() < 0.15
