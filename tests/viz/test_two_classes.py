"""Figures of lesson 01: the boundary is where it must be, bands hold what they say."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from gmcourse.densities import Normal
from gmcourse.models.discriminative_vs_generative import GenerativeClassifier
from gmcourse.viz.plane import boundaries, posterior, two_normals
from gmcourse.viz.training_curves import repeats

EXTENT = (-4.0, 4.0, -3.0, 3.0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def two_sides():
    means = [torch.tensor([x, 0.0]).double() for x in (-1.0, 2.0)]
    return GenerativeClassifier(torch.tensor([0.5, 0.5]).log(), [Normal(m, torch.eye(2).double()) for m in means])


def test_the_boundary_of_equal_normals_is_half_way():
    ax = posterior(two_sides().log_posterior, EXTENT, plt.subplots()[1])
    line = max((path.vertices for c in ax.collections for path in c.get_paths()), key=len)
    assert abs(line[:, 0] - 0.5).max() < 0.02
    image = ax.images[0].get_array()
    assert image[0, 0] < 0.5 < image[0, -1]


def test_figures_of_two_classes_are_drawn():
    model = two_sides()
    data = model.draw(40, torch.Generator().manual_seed(0))
    both = {"a": model.log_posterior, "b": model.log_posterior}
    assert len(boundaries(both, model.log_posterior, data, EXTENT).axes) == 2


def test_two_normals_know_their_best_error():
    for distance, error in ((3.0, 6.7), (2.0, 15.9), (4.0, 2.3)):
        assert round(50 * math.erfc(distance / 8**0.5), 1) == error  # Φ(−distance/2)
        drawn = two_normals(distance - 1.2, 0.0, 1.0, 0.0, 0.5).axes[0]
        assert f" {error} %" in drawn.get_title("left") + drawn.get_title("center")  # the course's style has it left


def test_a_band_holds_the_middle_of_the_repetitions():
    values = torch.arange(11.0)[:, None].expand(11, 3)
    ax = repeats({"a": values}, [1, 2, 4], xlabel="x", ylabel="y", reference={"zero": 0.0}, logx=True)
    assert ax.lines[0].get_ydata().tolist() == [5.0, 5.0, 5.0]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (1.0, 9.0)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2", "4"]


def test_logits_are_no_log_probabilities():
    with pytest.raises(ValueError, match=r"log_posterior\(points\) has values from -4 to 4; expected them ≤ 0.001"):
        posterior(lambda x: torch.stack([x[:, 0], -x[:, 0]], 1), EXTENT, plt.subplots()[1])
