"""Figures of lesson 09."""

import pytest
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


def test_one_channel_is_grey_on_the_scale_of_pictures():
    figure = feature_maps.contributions([torch.zeros(1, 4, 4)], [torch.full((1, 4, 4), 0.25)], (4,))
    for ax, value in zip(figure.axes, (0.5, 0.25), strict=True):
        assert ax.images[0].to_rgba(ax.images[0].get_array())[0, 0, :3].tolist() == pytest.approx(
            [value] * 3, abs=0.01
        )
    with pytest.raises(ValueError, match=r"parts\[0\] has shape \(2, 4, 4\)"):
        feature_maps.contributions([torch.zeros(2, 4, 4)], [torch.zeros(3, 4, 4)], (4,))
