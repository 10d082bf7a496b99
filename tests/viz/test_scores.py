"""What was measured: points at precision and recall, and the table of what an edit changed."""

import torch
from matplotlib.text import Text

from gmcourse.viz.palette import BLUE, GREY
from gmcourse.viz.scores import LETTER, LINE, _places, effects, precision_and_recall


def test_each_model_is_a_point_at_its_recall_and_precision_and_data_is_grey():
    ax = precision_and_recall({"real, held out": (0.9, 0.95), "Glow": (0.2, 0.7)})
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines] == [(0.9, 0.95), (0.2, 0.7)]
    assert [line.get_color() for line in ax.lines] == [GREY, BLUE]
    assert [text.get_text() for text in ax.texts] == ["real, held out", "Glow"]


def test_labels_cover_no_point_and_no_other_label():
    points = {"one": (0.5, 0.5), "two": (0.51, 0.5), "three": (0.55, 0.5), "far": (1.0, 0.5)}
    places = _places(points)
    assert places["far"] == (1.025, 0.5)
    assert places["one"][0] + LETTER * len("one") < 0.5  # on the left, where nothing is
    apart(points, places)


def test_a_crowd_in_a_corner_is_named():
    """Models of lesson 10: two names lay on others, and one was left out, beyond the left edge."""
    points = {"real, held out": (0.86, 0.87), "diffusion": (0.59, 0.96), "flow matching": (0.59, 0.95)}
    points |= {"PixelCNN": (0.3, 0.89), "training pictures": (0.88, 0.86), "Glow": (0.53, 0.88)}
    points |= {"DCGAN": (0.51, 0.93), "StyleGAN2": (0.48, 0.93), "Glow, T = 0.7": (0.12, 0.99)}
    apart(points, _places(points))
    ax = precision_and_recall(points)
    ax.figure.draw_without_rendering()
    for label in ax.texts:
        corners = ax.transData.inverted().transform(label.get_window_extent())
        assert corners[0, 0] >= 0, "beyond the left edge"
        assert corners[1, 1] <= ax.get_ylim()[1] + 0.02


def test_capitals_are_wide():
    """The name of the DCGAN lay on its own point, and on that of StyleGAN2, as it is drawn."""
    points = {"diffusion": (0.59, 0.96), "flow matching": (0.59, 0.95), "Glow": (0.61, 0.91)}
    points |= {"DCGAN": (0.503, 0.94), "StyleGAN2": (0.498, 0.93)}
    ax = precision_and_recall(points)
    ax.figure.draw_without_rendering()
    for label in ax.texts:
        (left, low), (right, high) = ax.transData.inverted().transform(Text.get_window_extent(label))
        assert not any(left < x + 0.01 and x - 0.01 < right and low < y < high for x, y in points.values())


def apart(points, places):
    boxes = [(*place, LETTER * len(name)) for name, place in places.items()]
    for i, (x, y, width) in enumerate(boxes):
        for left, row, right in boxes[:i] + [(*point, 0.0) for point in points.values()]:
            assert abs(row - y) >= LINE - 1e-9 or not (left - width < x < left + right)


def test_effects_of_edits():
    change = torch.tensor([[1.0, -0.5]])
    figure = effects(change, ["smiling"], ["smile", "age"], label="standard deviations")
    assert [t.get_text() for t in figure.axes[0].texts] == ["+1.0", "−0.5"]
