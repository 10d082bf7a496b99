"""Rows of `gmcourse.viz`: the drawings of single lessons."""

import torch

from tests.bad_input.drawn import (
    EXTENT,
    LEFT_IS_RIGHT,
    WORD,
    WRONG_LABELS,
    add,
    axes,
    classes,
    frame,
    labelled,
    line,
    log_prob,
    pictures,
    plane,
)

add(
    "change.pushed_histogram",
    lambda: {
        "x": line(),
        "z": line(),
        "log_p_x": lambda x: -x,
        "log_p_z": lambda x: -x,
    },
    bad={"x": (torch.ones(6),), "z": (torch.ones(6),), "log_p_x": (lambda x: x / 0,)},
)
add(
    "change.warped_grid",
    lambda: {"forward": lambda x: x, "extent": EXTENT, "ax": axes(), "count": 3, "title": "a"},
    fine={"extent": "negative"},
    bad={"forward": (lambda x: x / 0, lambda x: x[:, :1])},
)
add(
    "change.learned_density",
    lambda: {"flow_log_prob": log_prob, "truth_log_prob": log_prob, "samples": plane(), "extent": EXTENT},
    fine={"samples": "batch", "extent": "negative"},
    bad=LEFT_IS_RIGHT,
)
add("change.layers", lambda: {"stages": {"a": plane()}, "color": line()})
add("change.matrices", lambda: {"named": {"a": plane()}}, fine={"named": "shape batch"})
add(
    "code_plane.labelled_codes",
    lambda: labelled(ax=axes(), title="a"),
    bad=WRONG_LABELS,
    fine={"names": "unknown length"},
)
add(
    "code_plane.explorer",
    lambda: labelled(decode=lambda z: pictures(len(z))),
    bad=WRONG_LABELS,
    fine={"names": "unknown length"},
)
add(
    "code_plane.walks",
    lambda: {"decode": lambda z: pictures(len(z)), "z": plane(), "labels": classes(), "ways": {"a": plane()}},
    fine={"ways": "batch"},
    bad={"ways": ({str(i): plane() for i in range(5)},)},
)
add(
    "code_plane.denoising_field",
    lambda: {"x": plane(), "learned": plane(), "best": plane(), "data": plane()},
    fine={"data": "batch"},
)
add(
    "scores.effects",
    lambda: {"change": plane(2), "edits": ["a", "b"], "attributes": ["c", "d"], "label": "%"},
)
add(
    "scores.precision_and_recall",
    lambda: {"points": {"a": (0.5, 0.5)}},
)
add(
    "feature_maps.maps",
    lambda: {"named": {"a": plane()}, "limit": 1.0, "note": {"a": "b"}},
    fine={"named": "shape batch", "note": WORD},
    bad={"limit": (0.0,)},
)
add("feature_maps.deviations", lambda: {"named": {"a": plane()}}, fine={"named": "shape batch"})
add(
    "feature_maps.contributions",
    lambda: {"parts": [torch.rand(3, 4, 4)], "sums": [torch.rand(3, 8, 8)], "sides": [4]},
    fine={"parts": "shape batch", "sums": "shape batch"},
)


add(
    "game.Frame",
    lambda: vars(frame()),
    fine={"extent": "negative"},
    bad={"belief": (torch.full((4, 4), 2.0),)},
)
add(
    "game.record",
    lambda: {
        "step": 1,
        "discriminator": lambda x: x.sum(1),
        "generator": lambda z: z,
        "generator_loss": lambda x: x.mean(),
        "z": plane(),
        "extent": EXTENT,
    },
    fine={"z": "batch shape", "extent": "negative"},
    bad=LEFT_IS_RIGHT
    | {
        "discriminator": (lambda x: x, lambda x: x.sum(1) / 0),
        "generator": (lambda z: z[:, :1], lambda z: z / 0),
        "generator_loss": (lambda logits: logits, lambda logits: logits.detach().mean()),
    },
)
add(
    "game.film",
    lambda: {"rows": {"a": [frame()]}, "data": plane()},
    fine={"rows": "length", "data": "batch"},
    bad={"rows": ({"a": [frame()], "b": [frame(), frame()]},)},
)
add("code_plane.equal_mass_grid", lambda: {"n": 3})
add(
    "code_plane.manifold",
    lambda: {"decode": lambda z: pictures(len(z)), "n": 2},
    bad={"decode": (lambda z: pictures(3), lambda z: pictures(len(z)) / 0)},
)
add("code_plane.codes", lambda: labelled(ax=axes()), bad=WRONG_LABELS, fine={"names": "unknown length"})
add(
    "feature_maps.squeeze",
    lambda: {"x": torch.arange(16).reshape(4, 4), "z": torch.arange(16).reshape(4, 2, 2)},
    fine={"x": "dtype", "z": "dtype"},
)
add("normals.fits", lambda: {"x": line(), "target": line(), "fitted": {"a": line()}})
add(
    "normals.bound_and_gap",
    lambda: {"where": line(), "bound": line(), "truth": 1.0, "best": 0.5, "xlabel": "x"},
    fine=dict.fromkeys(("truth", "best"), "negative"),
)
add(
    "normals.histograms",
    lambda: {"named": {"a": line()}, "xlabel": "x"},
    fine={"named": "shape batch"},
)
add("normals.signals", lambda: {"rows": {"a": [line()]}}, fine={"rows": "shape batch length"})
SHAPE = {"width": (0.0,), "correlation": (1.0,)}
PLACE = dict.fromkeys(("x", "y", "correlation"), "negative")
add(
    "plane.two_normals",
    lambda: {"x": 1.0, "y": 1.0, "width": 1.0, "correlation": 0.5, "orange_share": 0.5},
    fine=PLACE,
    bad=SHAPE | {"orange_share": (0.0, 1.0)},
)
add(
    "widgets.explore",
    lambda: {"draw": lambda mean: None, "mean": (0.0, 1.0, 0.1, 0.5)},
    fine={"mean": "negative"},
    bad={"mean": ((1.0, 0.0, 0.1, 0.5),)},
)
