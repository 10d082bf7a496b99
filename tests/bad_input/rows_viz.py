"""Rows of `gmcourse.viz`."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch
from torch.distributions import MultivariateNormal

from tests.bad_input.harness import row

mpl.use("agg")
EXTENT = (-2.0, 2.0, -2.0, 2.0)
LEFT_IS_RIGHT = {"extent": ((1.0, 1.0, -2.0, 2.0),)}
WORD = "unknown"  # any text will do
NUMBERS = "nan inf"  # a curve may have gaps
FREE = dict.fromkeys(
    ("title", "titles", "xlabel", "ylabel", "names", "labels", "unit", "edits", "attributes", "map_name"),
    WORD,
)


def add(name, good, *, fine=None, bad=None):
    """Drawings accept any words, and labels of the wrong sign are negative numbers."""

    def drawn():
        plt.close("all")
        return good()

    row(f"viz.{name}", drawn, fine=FREE | (fine or {}), bad=bad)


def plane(n=6):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def line(n=6):
    return torch.linspace(0.1, 0.9, n)


def classes(n=6):
    return torch.arange(n) % 2


def pictures(n=4, channels=3):
    return torch.rand(n, channels, 8, 8)


def log_prob(x):
    return -0.5 * x.square().sum(1)


def log_posterior(x):
    return torch.stack([x[:, 0], -x[:, 0]], 1).log_softmax(1)


def axes():
    return plt.subplots()[1]


def labelled(**more):
    return {"z": plane(), "labels": classes(), "names": ["a", "b"], **more}


WRONG_LABELS = {"labels": (torch.tensor([0, 1, 2, 0, 1, 0]), torch.tensor([0, -1, 0, 0, 1, 0]))}
GREY = {"x": (pictures(channels=2), (255 * pictures()).byte(), 255 * pictures())}
NAN = {"log_prob": (lambda x: x.sum(1) * float("nan"), lambda x: x)}

add("look.bare", lambda: {"ax": axes()})
add(
    "image_grid.tile",
    lambda: {"x": pictures(), "columns": 2, "gap": 1, "paper": 1.0},
    fine={"x": "shape batch", "paper": "negative"},
    bad=GREY,
)
add("image_grid.as_png", lambda: {"x": pictures(), "columns": 2}, fine={"x": "shape batch"}, bad=GREY)
add(
    "image_grid.images",
    lambda: {
        "x": pictures(),
        "columns": 2,
        "labels": ["a"],
        "titles": ["b", "c"],
        "scale": 1.0,
        "invert": True,
        "ax": axes(),
    },
    fine={"x": "shape batch", "columns": "none"},
    bad=GREY | {"x": (*GREY["x"], [pictures(), pictures()]), "labels": (["a", "b"],), "titles": (["a"],)},
)
add("plane.grid", lambda: {"extent": EXTENT, "size": 4}, fine={"extent": "negative"}, bad=LEFT_IS_RIGHT)
add(
    "plane.density",
    lambda: {"log_prob": log_prob, "extent": EXTENT, "ax": axes(), "size": 4, "title": "a"},
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT | NAN,
)
add(
    "plane.points",
    lambda: {"x": plane(), "ax": axes(), "c": classes(), "color": "red"},
    fine={"color": WORD},
    bad={"c": (-classes(),)},
)
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
    "repeats.repeats",
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
    "repeats.groups",
    lambda: {"named": {"a": {"g": [1.0, 2.0]}, "b": {"g": [1.0, 2.0]}}, "ylabel": "y", "counts": {"g": 3}},
    fine={"named": "negative"},
    bad={"named": ({"a": {"g": [1.0]}, "b": {"h": [1.0]}},)},
)
add(
    "answers.spread",
    lambda: {"rows": [(torch.rand(3, 4, 4), torch.rand(3, 8, 8), torch.rand(4, 3, 8, 8))], "limit": 0.2},
    fine={"rows": "shape"},
)
add(
    "answers.posteriors",
    lambda: {"faces": [{"smile": (line(), line(), line(), 0.5)}], "names": ["smile"], "bins": 4},
    fine={"faces": "shape batch", "names": ""},
    bad={"faces": ([{"age": (line(), line(), line(), 0.5)}],)},
)
add(
    "boundary.two_classes",
    lambda: {"x": plane(), "y": classes(), "ax": axes(), "size": 9.0, "alpha": 0.5},
    bad={"y": (2 * classes(),), "alpha": (2.0,)},
)
WRONG = {"log_posterior": (lambda x: x[:, 0], lambda x: x * float("nan"))}
add(
    "boundary.posterior",
    lambda: {"log_posterior": log_posterior, "extent": EXTENT, "ax": axes(), "shade": True, "dashed": False},
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT | WRONG,
)
add(
    "boundary.two_views",
    lambda: {
        "log_posterior": log_posterior,
        "log_prob": log_prob,
        "data": (plane(), classes()),
        "drawn": (plane(), classes()),
        "extent": EXTENT,
    },
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT | WRONG | NAN,
)
add(
    "boundary.boundaries",
    lambda: {
        "models": {"a": log_posterior},
        "truth": log_posterior,
        "data": (plane(), classes()),
        "extent": EXTENT,
    },
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT,
)
add(
    "boundary.strangers",
    lambda: {
        "log_posterior": log_posterior,
        "log_prob": log_prob,
        "data": plane(),
        "far": {"a": (1.0, 1.0)},
        "extent": EXTENT,
    },
    fine={"extent": "negative", "data": "batch", "far": "negative"},
    bad=LEFT_IS_RIGHT,
)
add(
    "change.pushed_histogram",
    lambda: {
        "x": line(),
        "z": line(),
        "log_p_x": lambda x: -x,
        "log_p_z": lambda x: -x,
        "names": ("x", "z"),
        "bins": 4,
    },
)
add(
    "change.area_and_density",
    lambda: {
        "map_name": "x",
        "forward": lambda x: 2 * x,
        "slope": lambda x: 2 + 0 * x,
        "at": 0.5,
        "width": 0.3,
    },
    fine={"at": "negative"},
)
add(
    "change.warped_grid",
    lambda: {"forward": lambda x: x, "extent": EXTENT, "ax": axes(), "count": 3, "title": "a"},
    fine={"extent": "negative"},
)
add(
    "change.learned_density",
    lambda: {"flow_log_prob": log_prob, "truth_log_prob": log_prob, "samples": plane(), "extent": EXTENT},
    fine={"samples": "batch", "extent": "negative"},
    bad=LEFT_IS_RIGHT,
)
add("change.layers", lambda: {"stages": {"a": plane()}, "color": line()})
add("change.matrices", lambda: {"named": {"a": plane()}}, fine={"named": "shape batch"})
add("code_plane.labelled_codes", lambda: labelled(ax=axes(), title="a"), bad=WRONG_LABELS)
add("code_plane.explorer", lambda: labelled(decode=lambda z: pictures(len(z))), bad=WRONG_LABELS)
add(
    "code_plane.walks",
    lambda: {"decode": lambda z: pictures(len(z)), "z": plane(), "labels": classes(), "ways": {"a": plane()}},
    fine={"ways": "batch"},
    bad={"ways": ({str(i): plane() for i in range(5)},)},
)
add(
    "code_plane.denoising_field",
    lambda: {"x": plane(), "learned": plane(), "best": plane(), "data": plane(), "ax": axes()},
    fine={"data": "batch"},
)
add("edits.effects", lambda: {"change": plane(2), "edits": ["a", "b"], "attributes": ["c", "d"], "unit": "%"})
add(
    "families.precision_and_recall",
    lambda: {"points": {"a": (0.5, 0.5)}, "data": ("real",), "ax": axes()},
    fine={"data": WORD},
)
add(
    "feature_maps.maps",
    lambda: {"named": {"a": plane()}, "limit": 1.0, "note": {"a": "b"}},
    fine={"named": "shape batch", "note": WORD},
    bad={"limit": (0.0,)},
)
add("feature_maps.deviations", lambda: {"named": {"a": plane()}}, fine={"named": "shape batch"})
add(
    "feature_maps.mixing_table",
    lambda: {"coarse": pictures(2), "fine": pictures(3), "mixed": pictures(6), "scale": 1.0},
)
add(
    "feature_maps.contributions",
    lambda: {"parts": [torch.rand(3, 4, 4)], "sums": [torch.rand(3, 8, 8)], "sides": [4]},
    fine={"parts": "shape batch", "sums": "shape batch"},
)
add(
    "feature_maps.squares",
    lambda: {"named": {"a": plane()}, "names": ["a", "b"], "corner": 0.5},
    fine={"named": "batch", "corner": "negative"},
)
add(
    "feature_maps.pairs",
    lambda: {
        "names": ["a", "b"],
        "first": [1.0, 2.0],
        "second": [1.0, 2.0],
        "labels": ("a", "b"),
        "xlabel": "x",
        "reference": 1.0,
        "ax": axes(),
    },
    fine=dict.fromkeys(("first", "second", "reference"), "negative"),
)


def frame():
    from gmcourse.viz.game import Frame

    return Frame(1, torch.rand(4, 4), plane(), plane(), EXTENT)


add("game.Frame", lambda: vars(frame()), fine={"extent": "negative"})
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
    bad=LEFT_IS_RIGHT,
)
add(
    "game.belief",
    lambda: {"logit": log_prob, "extent": EXTENT, "ax": axes(), "title": "a"},
    fine={"extent": "negative"},
    bad=LEFT_IS_RIGHT,
)
add(
    "game.game",
    lambda: {"frame": frame(), "data": plane(), "ax": axes(), "arrows": 3},
    fine={"data": "batch"},
)
add("game.film", lambda: {"rows": {"a": [frame()]}, "data": plane()}, fine={"data": "batch"})
add(
    "game.grids",
    lambda: {"rows": {"a": plane()[None]}, "centres": plane(), "verdict": lambda x: (1, 0.5)},
    fine={"centres": "batch", "rows": "batch"},
)
add(
    "game.histograms",
    lambda: {"named": {"a": line()}, "xlabel": "x", "bins": 4, "ax": axes()},
    fine={"named": "shape batch"},
)
add(
    "game.written",
    lambda: {"x": plane(), "labels": classes(), "names": ["a", "b"], "ax": axes(), "title": "t"},
    bad=WRONG_LABELS,
)
add("latent_plane.equal_mass_grid", lambda: {"n": 3})
add("latent_plane.manifold", lambda: {"decode": lambda z: pictures(len(z)), "n": 2, "ax": axes()})
add("latent_plane.codes", lambda: labelled(ax=axes()), bad=WRONG_LABELS)
add(
    "levels.squeeze",
    lambda: {"x": torch.arange(16).reshape(4, 4), "z": torch.arange(16).reshape(4, 2, 2)},
    fine={"x": "dtype", "z": "dtype"},
)
add("levels.levels", lambda: {"image": (3, 8, 8), "at_levels": [(12, 4, 4)], "n_steps": 2})
add(
    "normals.kl_of_two_normals",
    lambda: {"mean": 1.0, "log_var": -1.0, "samples": 20},
    fine=dict.fromkeys(("mean", "log_var"), "negative"),
    bad={"samples": (1,)},
)
add("normals.fits", lambda: {"x": line(), "target": line(), "fitted": {"a": line()}, "ax": axes()})
add(
    "normals.bound_and_gap",
    lambda: {"where": line(), "bound": line(), "truth": 1.0, "best": 0.5, "xlabel": "x"},
    fine=dict.fromkeys(("truth", "best"), "negative"),
)
add(
    "normals.histograms",
    lambda: {"named": {"a": line()}, "xlabel": "x", "bins": 4, "limit": 2.0},
    fine={"named": "shape batch"},
)
add("normals.signals", lambda: {"rows": {"a": [line()]}, "xlabel": "x"}, fine={"rows": "shape batch"})
add("taxonomy.taxonomy_svg", lambda: {"folder": "."}, fine={"folder": WORD})
SHAPE = {"width": (0.0,), "correlation": (1.0,)}
PLACE = dict.fromkeys(("x", "y", "correlation"), "negative")
add(
    "two_normals.normals",
    lambda: {"x": 1.0, "y": 1.0, "width": 1.0, "correlation": 0.5, "share": 0.5},
    fine=PLACE,
    bad=SHAPE | {"share": (0.0, 1.0)},
)
add(
    "two_normals.two_normals",
    lambda: {"x": 1.0, "y": 1.0, "width": 1.0, "correlation": 0.5, "orange_share": 0.5},
    fine=PLACE,
    bad=SHAPE | {"orange_share": (0.0, 1.0)},
)
add(
    "two_normals.error_of",
    lambda: {
        "log_prior": torch.tensor([0.5, 0.5]).log(),
        "densities": [MultivariateNormal(torch.zeros(2), torch.eye(2))] * 2,
        "size": 4,
    },
)
add(
    "widgets.explore",
    lambda: {"draw": lambda mean: None, "mean": (0.0, 1.0, 0.1, 0.5)},
    fine={"mean": "negative"},
    bad={"mean": ((1.0, 0.0, 0.1, 0.5),)},
)
