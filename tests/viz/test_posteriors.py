"""Figures of many answers: what is drawn is what was given."""

import torch

from gmcourse.viz.normals import posteriors


def test_each_attribute_has_its_panel_and_the_truth_its_line():
    draws = (torch.rand(50), torch.rand(20), torch.rand(30) * 2 - 0.5)
    figure = posteriors([{"smile": (*draws, 0.25), "age": (*draws, 0.5)}], ["smile", "age"])
    assert [ax.get_ylabel() for ax in figure.axes] == ["smile", "age"]
    assert [float(ax.lines[0].get_xdata()[0]) for ax in figure.axes] == [0.25, 0.5]
