"""The table of what an edit changed."""

import matplotlib as mpl
import torch

mpl.use("Agg")

from gmcourse.viz import edits


def test_effects_of_edits():
    change = torch.tensor([[1.0, -0.5]])
    figure = edits.effects(change, ["smiling"], ["smile", "age"], unit="standard deviations")
    assert [t.get_text() for t in figure.axes[0].texts] == ["+1.0", "-0.5"]
