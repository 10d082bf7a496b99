"""What was measured: points at precision and recall, and the table of what an edit changed."""

import pytest
import torch

from gmcourse.viz.palette import BLUE, GREY
from gmcourse.viz.scores import LINE, _heights, effects, precision_and_recall


def test_each_model_is_a_point_at_its_recall_and_precision_and_data_is_grey():
    ax = precision_and_recall({"real, held out": (0.9, 0.95), "Glow": (0.2, 0.7)})
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines] == [(0.9, 0.95), (0.2, 0.7)]
    assert [line.get_color() for line in ax.lines] == [GREY, BLUE]
    assert [text.get_text() for text in ax.texts] == ["real, held out", "Glow"]


def test_labels_of_points_in_one_place_are_written_below_each_other():
    first, second, far = _heights([(0.5, 0.5), (0.51, 0.5), (1.0, 0.5)])
    assert first == far == 0.5
    assert second == pytest.approx(0.5 - LINE)


def test_effects_of_edits():
    change = torch.tensor([[1.0, -0.5]])
    figure = effects(change, ["smiling"], ["smile", "age"], label="standard deviations")
    assert [t.get_text() for t in figure.axes[0].texts] == ["+1.0", "-0.5"]
