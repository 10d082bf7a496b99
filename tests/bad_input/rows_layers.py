"""Rows of `gmcourse.nn` (what is built; layers themselves pass anything on) and `gmcourse.densities`."""

import torch
from torch import nn

from gmcourse.densities import Mixture, Normal
from gmcourse.nn.pca import PCA
from tests.bad_input.harness import row

SIGN = "negative"  # any sign will do


def width(*names, **more):
    return lambda: dict.fromkeys(names, 2) | more


def data(n=6, d=2):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(0))


row("nn.conv.ZeroConv2d", width("in_channels", "out_channels", edge=True))
row("nn.conv.CouplingNet", width("in_channels", "out_channels", "hidden_channels", edge=True))
row(
    "nn.equalized.EqualizedLinear",
    width("in_features", "out_features", activation="lrelu", bias=0.5, lr_multiplier=1.0),
    fine={"bias": SIGN},
    bad={"lr_multiplier": (0.0,)},
)
row(
    "nn.equalized.EqualizedConv2d",
    width("in_channels", "out_channels", size=3, down=True, activation="lrelu", bias=True, gain=1.0),
    fine={"gain": SIGN},
    bad={"size": (4,), "activation": ("swish",)},
)
row(
    "nn.networks.mlp",
    lambda: {"sizes": [2, 3], "activation": nn.ReLU},
    bad={"sizes": ([2], [2, 0])},
    fine={"sizes": "length"},
)
row("nn.networks.halvings", lambda: {"shape": (1, 8, 8)}, bad={"shape": ((8, 8),)})
row(
    "nn.networks.conv_encoder",
    lambda: {"shape": (1, 8, 8), "width": 4, "out_features": 3},
    bad={"shape": ((8, 8),), "width": (0,)},
)
row(
    "nn.networks.conv_decoder",
    lambda: {"shape": (1, 8, 8), "width": 4, "in_features": 3},
    bad={"shape": ((8, 8),), "width": (0,)},
)
row(
    "nn.networks.image_pair",
    lambda: {"network": "conv", "shape": (1, 8, 8), "hidden": (4,), "out_features": 3, "in_features": 2},
    fine={"hidden": "length"},
)
row("nn.networks.conv_block", width("before", "after", "stride"))
row("nn.rrdb.conv3x3", width("in_channels", "out_channels", shrink=0.1), fine={"shrink": SIGN})
row("nn.rrdb.DenseBlock", width("channels", "growth"))
row("nn.rrdb.RRDB", width("channels", "growth"))
row(
    "nn.rrdb.RRDBEncoder",
    width("n_levels", "channels", "growth", "n_blocks", scale=4, stacked=(1,), long_skip=True),
    fine={"stacked": "empty length"},
    bad={"scale": (3, 1), "stacked": ((2,),)},
)
row(
    "nn.pca.PCA",
    lambda: {"mean": data()[0], "components": data(2), "variances": data()[0]},
    fine={"variances": "shape", "components": ""},
)
row(
    "nn.pca.PCA.fit",
    lambda: {"x": data(), "count": 2},
    on=lambda: PCA,
    fine={"x": "shape"},
    bad={"count": (0, 3), "x": (data().half(),)},
)
row("nn.pca.PCA.encode", lambda: {"x": data()}, on=lambda: PCA.fit(data(), 2), fine={"x": "batch"})
row("nn.pca.PCA.decode", lambda: {"z": data()}, on=lambda: PCA.fit(data(), 2), fine={"z": "batch"})
row("nn.pca.principal_angles", lambda: {"a": data(), "b": data()})

FACTOR = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
BAD_FACTORS = (FACTOR.T, -FACTOR)
STRUCTURE = {"structure": "diagonal"}


def normal():
    return Normal(torch.zeros(2), FACTOR)


def mixture():
    return Mixture(torch.tensor([0.5, 0.5]).log(), data(2), FACTOR.expand(2, 2, 2))


row(
    "densities.covariance",
    lambda: {"x": data(), "mean": torch.zeros(2), "weights": torch.ones(6), **STRUCTURE},
    bad={"weights": (-torch.ones(6), torch.zeros(6))},
)
row("densities.Normal", lambda: {"mean": torch.zeros(2), "chol": FACTOR}, bad={"chol": BAD_FACTORS})
row(
    "densities.Normal.fit",
    lambda: {"x": data(), **STRUCTURE, "ridge": 0.1, "shrink": True},
    on=lambda: Normal,
    fine={"x": "shape batch"},
    bad={"x": (data().half(),)},
)
row(
    "densities.Normal.log_prob",
    lambda: {"x": data()},
    on=normal,
    fine={"x": "batch"},
    bad={"x": (data().half(),)},
)
row("densities.Normal.sample", lambda: {"n": 3, "generator": torch.Generator()}, on=normal, bad={"n": (0,)})
row(
    "densities.Mixture",
    lambda: {
        "log_weights": torch.tensor([0.5, 0.5]).log(),
        "means": data(2),
        "chols": FACTOR.expand(2, 2, 2),
    },
    bad={"chols": tuple(each.expand(2, 2, 2) for each in BAD_FACTORS), "log_weights": (torch.tensor([0.5, 0.5]),)},
)
row(
    "densities.Mixture.fit",
    lambda: {
        "x": data(),
        "components": 2,
        **STRUCTURE,
        "ridge": 0.1,
        "steps": 2,
        "generator": torch.Generator(),
    },
    on=lambda: Mixture,
    fine={"x": "shape"},
    bad={"components": (0, 7), "steps": (0,)},
)
for name in ("log_joint", "log_prob", "responsibilities"):
    row(f"densities.Mixture.{name}", lambda: {"x": data()}, on=mixture, fine={"x": "batch"})
row("densities.Mixture.sample", lambda: {"n": 3, "generator": torch.Generator()}, on=mixture, bad={"n": (0,)})
row(
    "densities.em_step",
    lambda: {"x": data(), "mixture": mixture(), **STRUCTURE, "floor": 0.1},
    fine={"x": "batch"},
)
SEEN = {"matrix": torch.ones(1, 2), "noise": 0.1}
row("densities.seen_through", lambda: {"normal": normal(), **SEEN}, bad={"noise": (0.0,)})
row("densities.condition", lambda: {"normal": normal(), "seen": torch.ones(1), **SEEN}, bad={"noise": (0.0,)})
