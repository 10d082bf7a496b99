"""Rows of `gmcourse.viz`: pictures, planes, curves, boundaries."""

import torch

from tests.bad_input.drawn import (
    EXTENT,
    GREY,
    LEFT_IS_RIGHT,
    NAN,
    NUMBERS,
    add,
    axes,
    classes,
    line,
    log_posterior,
    log_prob,
    pictures,
    plane,
)

add("palette.bare", lambda: {"ax": axes()})
add(
    "image_grid.tile",
    lambda: {"x": pictures(), "columns": 2, "gap": 1, "paper": 1.0},
    fine={"x": "shape batch", "paper": "negative"},
    bad=GREY,
)
add("image_grid.as_png", lambda: {"x": pictures()}, fine={"x": "shape batch"}, bad=GREY)
add(
    "image_grid.images",
    lambda: {
        "x": pictures(),
        "columns": 2,
        "labels": ["a"],
        "titles": ["b", "c"],
        "zoom": 1.0,
        "ax": axes(),
    },
    fine={"x": "shape batch", "columns": "none"},
    bad=GREY | {"x": (*GREY["x"], [pictures(), pictures()]), "labels": (["a", "b"],), "titles": (["a"],)},
)
add("plane.grid", lambda: {"extent": EXTENT, "size": 4}, fine={"extent": "negative"}, bad=LEFT_IS_RIGHT)
add(
    "plane.density",
    lambda: {"log_prob": log_prob, "extent": EXTENT, "ax": axes(), "title": "a"},
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT | NAN,
)
add("plane.points", lambda: {"x": plane(), "ax": axes()}, fine={"x": "batch"})
add(
    "training_curves.curves",
    lambda: {
        "named": {"a": ([1, 2], [3.0, 4.0])},
        "xlabel": "x",
        "ylabel": "y",
        "reference": {"b": 1.0},
        "spread": {"a": ([1.0, 2.0], [3.0, 4.0])},
        "logx": False,
        "logy": False,
        "markers": True,
        "ax": axes(),
    },
    fine={"named": f"{NUMBERS} float negative", "reference": "negative", "spread": f"{NUMBERS} negative"},
)
add(
    "training_curves.repeats",
    lambda: {
        "named": {"a": torch.rand(3, 2)},
        "x": [1.0, 2.0],
        "xlabel": "x",
        "ylabel": "y",
        "reference": {"b": 1.0},
        "ax": axes(),
    },
    fine={"named": "batch", "x": "negative", "reference": "negative"},
)
add(
    "normals.posteriors",
    lambda: {"faces": [{"smile": (line(), line(), line(), 0.5)}], "names": ["smile"]},
    fine={"faces": "shape batch length", "names": "length"},
    bad={"faces": ([{"age": (line(), line(), line(), 0.5)}],)},
)
add(
    "plane.two_classes",
    lambda: {"x": plane(), "y": classes(), "ax": axes(), "size": 9.0, "alpha": 0.5},
    bad={"y": (2 * classes(),), "alpha": (2.0,)},
)
WRONG = {"log_posterior": (lambda x: x[:, 0], lambda x: x * float("nan"))}
add(
    "plane.posterior",
    lambda: {"log_posterior": log_posterior, "extent": EXTENT, "ax": axes(), "dashed": False},
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT | WRONG,
)
add(
    "plane.boundaries",
    lambda: {
        "models": {"a": log_posterior},
        "truth": log_posterior,
        "data": (plane(), classes()),
        "extent": EXTENT,
    },
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT,
)
