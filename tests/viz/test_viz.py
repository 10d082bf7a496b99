"""Figures: they can be drawn from what they promise to take, and refuse what they cannot draw."""

import matplotlib.pyplot as plt
import torch

from gmcourse import viz
from gmcourse.viz import code_plane, normals, widgets
from gmcourse.viz.image_grid import tile


def test_a_sheet_puts_every_image_in_its_place():
    x = torch.stack([torch.full((1, 2, 2), v) for v in (0.0, 0.25, 0.5)])
    sheet = tile(x, columns=2, gap=1)
    assert sheet.shape == (5, 5)
    assert (sheet[:2, :2] == 0).all()
    assert (sheet[:2, 3:] == 0.25).all()
    assert (sheet[3:, :2] == 0.5).all()
    assert (sheet[3:, 3:] == 1).all()


def test_images_and_their_refusals():
    x = torch.rand(6, 3, 8, 8)
    assert viz.images(x).axes
    assert len(viz.images([x, x], labels=["a", "b"]).axes) == 2


def test_curves_and_planes():
    ax = viz.curves(
        {"a": ([0, 1], [1, 2]), "b": ([0, 1], [2, 1])},
        reference={"truth": 1.5},
        spread={"a": ([0, 1], [2, 3])},
    )
    assert len(ax.get_lines()) == 3
    viz.density(lambda x: -x.square().sum(-1), (-1, 1, -1, 1))
    viz.points(torch.randn(5, 2), s=3)
    viz.points(torch.randn(5, 2), c=torch.tensor([0, 1, 1, 0, 2]), s=3)


def test_names_of_levels_keep_clear_of_curves_and_of_each_other():
    steps = [0.0, 0.5, 1.0]
    ax = viz.curves({"a": (steps, [0.0, 0.9, 1.0])}, reference={"adversarial": 0.96, "true": 0.9, "zero": 0.0})
    ax.figure.canvas.draw()
    boxes = [each.get_window_extent() for each in ax.texts]
    paths = [line.get_transform().transform_path(line.get_path()) for line in ax.get_lines()]
    assert not any(path.intersects_bbox(box, filled=False) for path in paths for box in boxes)
    assert [box.count_overlaps(boxes) for box in boxes] == [1, 1, 1]  # itself
    assert [each.get_ha() for each in ax.texts] == ["left", "right", "right"]


def test_no_name_of_a_level_stands_on_the_axis_below():
    sizes, nats = [1, 2, 4, 8, 16], [2.86, 2.7, 2.33, 2.03, 2.0]
    ax = viz.curves({"model": (sizes, nats)}, logx=True, markers=True, reference={"entropy of the data": 1.96})
    (name,) = ax.texts
    assert name.get_window_extent().y0 > ax.bbox.y0


def test_large_numbers_of_a_logarithmic_axis_are_whole():
    ax = viz.curves({"a": ([0.25, 400, 1221, 12800], [3, 2, 1, 0])}, logx=True)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.25", "400", "1,221", "12,800"]


def test_the_equal_mass_grid_is_equal():
    grid = code_plane.equal_mass_grid(9).double()
    assert grid.shape == (81, 2)
    assert grid[0, 0] < 0 < grid[0, 1]
    shares = torch.distributions.Normal(0, 1).cdf(grid[:9, 0])
    assert torch.allclose(shares.diff(), torch.full((8,), 1 / 9, dtype=torch.float64), atol=1e-6)


def test_chapter_figures_draw():
    code_plane.manifold(lambda z: torch.rand(len(z), 1, 4, 4), n=3)(0.1, 0.2)
    code_plane.codes(torch.randn(5, 2), torch.arange(5), "01234")
    x = torch.linspace(-1, 1, 5)
    normals.fits(x, x, {"a": x, "b": x})
    normals.bound_and_gap(x, -x.square(), 0.0, 0.0, "mean")
    normals.histograms({"a": torch.randn(9), "b": torch.randn(9)}, "value")
    normals.signals({"a": [x, x], "b": [x]})


def test_a_widget_is_a_still_picture_on_the_site(monkeypatch):
    seen = []
    monkeypatch.setenv("GMCOURSE_STATIC", "1")
    widgets.explore(lambda mean: seen.append(mean), mean=(-1, 1, 0.1, 0.5))
    assert seen == [0.5]


def test_a_widget_draws_anew(monkeypatch):
    monkeypatch.delenv("GMCOURSE_STATIC", raising=False)
    shown = []
    import IPython.display as ipython

    monkeypatch.setattr(ipython, "display", shown.append)
    widgets.explore(lambda k, width: plt.figure(), k=(1, 9, 1, 3), width=(0.1, 1.0, 0.1, 0.5))
    k, width, _ = shown[0].children
    assert (type(k).__name__, type(width).__name__) == ("IntSlider", "FloatSlider")


def test_many_steps_have_few_names_with_commas():
    ax = viz.curves({"loss": ([0, 20_000, 40_000], [3.0, 2.0, 1.0])})
    ax.figure.canvas.draw()
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert "40,000" in names
    assert len(names) <= 8


def test_there_are_more_classes_than_colours():
    ax = viz.plane.points(torch.rand(20, 2), c=torch.arange(20))
    assert len(ax.collections[0].get_facecolors()) == 20
