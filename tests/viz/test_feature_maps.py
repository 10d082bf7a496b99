"""Figures of lesson 09."""

import torch

from gmcourse.viz import feature_maps


def test_maps_share_one_scale():
    figure = feature_maps.maps({"a": torch.randn(4, 4), "b": 9 * torch.randn(4, 4)}, limit=2.0, note={"a": "std 1"})
    limits = {tuple(image.get_clim()) for ax in figure.axes for image in ax.images}
    assert limits == {(-2.0, 2.0)}
    assert feature_maps.deviations({"a": torch.rand(4, 4)}).axes


def test_each_resolution_has_what_it_adds_and_the_sum_so_far():
    parts = [torch.randn(3, side, side) for side in (4, 8)]
    assert len(feature_maps.contributions(parts, [torch.rand(3, 8, 8)] * 2, (4, 8)).axes) == 4
