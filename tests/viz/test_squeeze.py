"""The drawing of a squeeze shows every number of the picture twice."""

import matplotlib as mpl
import torch

mpl.use("Agg")

from gmcourse.viz import feature_maps


def test_a_squeezed_picture():
    x = torch.arange(16.0).view(4, 4)
    z = torch.nn.functional.pixel_unshuffle(x[None], 2)
    drawn = [t.get_text() for t in feature_maps.squeeze(x, z).axes[0].texts]
    assert sorted(t for t in drawn if t.isdigit()) == sorted([str(i) for i in range(16)] * 2)
