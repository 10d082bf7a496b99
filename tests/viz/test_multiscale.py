"""The drawing of a multi-scale flow shows every shape, and every number of a squeezed picture."""

import matplotlib as mpl
import torch

mpl.use("Agg")

from gmcourse.viz import multiscale


def test_levels_of_a_flow_and_a_squeezed_picture():
    x = torch.arange(16.0).view(4, 4)
    z = torch.nn.functional.pixel_unshuffle(x[None], 2)
    drawn = [t.get_text() for t in multiscale.squeeze(x, z).axes[0].texts]
    assert sorted(t for t in drawn if t.isdigit()) == sorted([str(i) for i in range(16)] * 2)
    figure = multiscale.levels((3, 8, 8), [(12, 4, 4), (24, 2, 2)], n_steps=5)
    drawn = {t.get_text() for ax in figure.axes for t in ax.texts}
    assert {"3×8×8", "12×4×4", "6×4×4", "24×2×2", "5 steps", "$z_1$ stays", "$z_2$"} <= drawn
