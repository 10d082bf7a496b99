"""Figures of lesson 09."""

import matplotlib as mpl
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt

from gmcourse import viz
from gmcourse.viz import feature_maps


@pytest.fixture(autouse=True)
def _close():
    viz.style()
    yield
    plt.close("all")


def test_maps_share_one_scale():
    figure = feature_maps.maps(
        {"a": torch.randn(4, 4), "b": 9 * torch.randn(4, 4)}, limit=2.0, note={"a": "std 1"}
    )
    limits = {tuple(image.get_clim()) for ax in figure.axes for image in ax.images}
    assert limits == {(-2.0, 2.0)}
    assert feature_maps.deviations({"a": torch.rand(4, 4)}).axes


def test_the_mixing_table_puts_each_pair_where_row_and_column_meet():
    coarse = torch.stack([torch.full((3, 16, 16), v) for v in (0.1, 0.2)])
    fine = torch.stack([torch.full((3, 16, 16), v) for v in (0.3, 0.4, 0.5)])
    mixed = torch.cat([torch.full((1, 3, 16, 16), 0.6 + i / 100) for i in range(6)])
    sheet = feature_maps.mixing_table(coarse, fine, mixed).axes[0].images[0].get_array()
    assert abs(float(sheet[17 + 17 + 2, 17 * 2 + 2, 0]) - 0.64) < 1e-6
    assert abs(float(sheet[2, 17 * 3 + 2, 0]) - 0.5) < 1e-6
    assert abs(float(sheet[17 + 2, 2, 0]) - 0.1) < 1e-6


def test_each_resolution_has_what_it_adds_and_the_sum_so_far():
    parts = [torch.randn(3, side, side) for side in (4, 8)]
    assert len(feature_maps.contributions(parts, [torch.rand(3, 8, 8)] * 2, (4, 8)).axes) == 4
