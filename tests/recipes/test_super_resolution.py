"""Recipes of super-resolution: what they share, and what they must not touch."""

from dataclasses import replace

import pytest
import torch

from gmcourse.data.images import Images
from gmcourse.models.srflow import SRFlow
from gmcourse.zoo import store
from gmcourse_recipes import running as recipes
from gmcourse_recipes.running import train
from gmcourse_recipes.running.super_resolution import WATCH, Task, flow, regression

WIDTHS = {"channels": 4, "growth": 2, "n_blocks": 1}


def pictures(seed, n=300):
    pixels = torch.randint(0, 256, (n, 3, 8, 8), generator=torch.Generator().manual_seed(seed)).byte()
    return Images(pixels, torch.zeros(n, dtype=torch.long), 256, ("noise",))


TASK = Task(2, train=lambda: pictures(0), test=lambda: pictures(1, 8), validation=lambda: pictures(2, 8))
READER = replace(regression(TASK, WIDTHS, steps=2, batch_size=4, described="noise"), name="reader")
FLOW = replace(flow(TASK, READER, steps=WATCH, batch_size=4, n_steps=1, hidden_channels=4), name="flow")


@pytest.fixture
def zoo_of_one(tmp_path, monkeypatch, own_zoo):
    """A zoo in which the reader is trained and published."""
    monkeypatch.setattr(store, "WEIGHTS", own_zoo)
    train.run(READER, device="cpu", folder=tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_flow_reads_with_the_regression_and_leaves_it_as_it_is(zoo_of_one):
    before = store.load("reader").encoder.state_dict()
    trained, history = train.run(FLOW, device="cpu", folder=zoo_of_one)
    for name, value in trained.encoder.state_dict().items():
        assert torch.equal(value, before[name].half().float()), name
    assert set(store.manifest("flow").metrics) == {
        "test_bits_per_dim",
        "test_psnr_db_at_0.8",
        "test_lr_psnr_db_at_0.8",
    }
    assert len(history["loss"]) == WATCH


@pytest.mark.slow
def test_watching_sees_the_validation_pictures_and_the_average(zoo_of_one):
    """The curve's last value is the loss of the kept weights on those pictures, with the noise of seed 0."""
    trained, history = train.run(FLOW, device="cpu", folder=zoo_of_one, keep=False)
    steps, values = history.curve("validation")
    assert steps == [WATCH - 1]
    both = Task(2, TASK.train, TASK.validation).held_out(torch.device("cpu"))
    torch.manual_seed(0)
    with torch.no_grad():  # the kept weights were rounded to half precision
        assert values[0] == pytest.approx(float(trained.loss((both.high, both.low))), rel=1e-2)
        other = float(trained.loss((pictures(3, 8).pixels, both.low)))
    assert values[0] != pytest.approx(other, rel=1e-4)


def test_without_validation_pictures_nothing_is_watched(tmp_path):
    plain = regression(Task(2, TASK.train, TASK.test), WIDTHS, steps=WATCH, batch_size=4, described="noise")
    _, history = train.run(replace(plain, name="plain"), device="cpu", folder=tmp_path, keep=False)
    assert set(history) == {"loss", "gradient_norm"}


@pytest.mark.parametrize("name", ["srflow_faces", "srflow_faces_64", "srflow_photos"])
def test_the_flow_is_built_on_the_reader_that_was_trained_for_it(name):
    recipe = recipes.find(name)
    reader = recipes.find(name.replace("srflow", "sr_regression"))
    assert {key: recipe.arguments[key] for key in reader.arguments} == reader.arguments
    assert SRFlow(**recipe.arguments).n_levels == {4: 3, 8: 4}[reader.arguments["scale"]]
