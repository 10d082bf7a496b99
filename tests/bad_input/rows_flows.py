"""Rows of `gmcourse.flows` and of the models that are flows. Bijections themselves are layers: see the harness."""

import torch
from torch import nn

from gmcourse import flows
from gmcourse.models.change_of_variables import PlaneFlow
from gmcourse.models.nice import NICE
from gmcourse.models.srflow import Regression, SRFlow
from gmcourse.nn.networks import mlp
from tests.bad_input.harness import row

BATCH = {"x": "batch", "z": "batch"}  # any number of samples will do
LAYER = {"x": "batch nan inf", "z": "batch nan inf"}  # no value is looked at
DEVICE = {"x": "device", "z": "device"}
SIZES = {"hidden": "empty length"}


def offset():
    return flows.Offset(1.0)


def plane():
    return PlaneFlow(couplings=1, hidden=(4,))


def points(n=4):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def pictures(n=2, side=8, channels=1):
    return torch.rand(n, channels, side, side, generator=torch.Generator().manual_seed(0))


for name in ("ActNorm", "PlainConv1x1", "PLUConv1x1"):
    row(f"flows.{name}", lambda: {"channels": 2}, bad={"channels": (0,)})
for name in ("Scale", "even_odd"):
    row(f"flows.{name}", lambda: {"dim": 3}, bad={"dim": (0,)})
row("flows.ActNormConv", lambda: {"actnorm": flows.ActNorm(2), "conv": flows.PlainConv1x1(2)})
COUPLING = {"first": 1, "flip": True, "conditional": False}
row("flows.AdditiveCoupling", lambda: {"network": mlp([1, 1]), **COUPLING}, bad={"first": (0,)})
row(
    "flows.AffineCoupling",
    lambda: {"network": mlp([1, 2]), "scale_map": "exp", **COUPLING},
    bad={"first": (0,)},
)
row("flows.AffineInjector", lambda: {"network": mlp([1, 2]), "scale_map": "exp"})
row("flows.ConstantAffine", lambda: {"network": nn.Identity()})
for name in ("Compose", "Recomputing"):
    row(f"flows.{name}", lambda: {"members": [offset()]}, fine={"members": "length"})
row(
    "flows.Whitening",
    lambda: {"dim": 3, "rank": 2, "codes": offset(), "rest": mlp([2, 3])},
    bad={"rank": (0, 3)},
)
row("flows.Gaussianization", lambda: {"grey_levels": 4}, bad={"grey_levels": (0, 1)})
row(
    "models.nice.NICE.start_at",
    lambda: {"mean": torch.zeros(3), "loadings": torch.ones(3, 2), "noise": torch.ones(3)},
    on=lambda: NICE(3, hidden=(4,), codes=2),
    bad={"noise": (torch.zeros(3),)},
)
row("flows.Inverse", lambda: {"original": offset()})
row("flows.Multiscale", lambda: {"steps": offset(), "rest": offset(), "split": offset(), "halve": True})
row("flows.Elementwise", lambda: {"f": torch.sinh, "inverse_f": torch.asinh, "log_slope": torch.zeros_like})
row("flows.Offset", lambda: {"offset": 1.0}, fine={"offset": "negative"})
row("flows.Permutation", lambda: {"order": [1, 0]}, bad={"order": ([0, 0], [1, 2])})
row(
    "flows.assert_bijection_laws",
    lambda: {"bijection": offset(), "x": points(), "round_trip": 1e-9, "log_det": 1e-10},
    fine={"x": "batch rank shape"},
)

row(
    "flows.Flow",
    lambda: {"bijection": offset(), "shape": (2,), "prior": "normal", "any_size": False},
    fine={"shape": "length"},
)
row("flows.Flow.forward", lambda: {"x": points()}, on=plane, fine=LAYER, foreign=DEVICE)
row("flows.Flow.inverse", lambda: {"z": points()}, on=lambda: trained(plane(), points()), fine=BATCH)
row("flows.Flow.log_prob", lambda: {"x": points()}, on=plane, fine={"x": "batch"})
row(
    "flows.Flow.sample",
    lambda: {"n": 2, "temperature": 1.0, "shape": (2,)},
    on=lambda: trained(plane(), points()),
    bad={"n": (0,), "shape": ((3,), (2, 2))},
)


def trained(flow, x):
    flow(x)
    return flow


def dequantized():
    return flows.Dequantized(NICE(2, hidden=(4,)), 17)


PIXELS = {"pixels": torch.tensor([[0, 16], [3, 4], [5, 6]]), "noise": torch.rand(3, 2)}
WRONG_PIXELS = {"pixels": (torch.full((3, 2), 17), torch.full((3, 2), -1))}
row("flows.Dequantized", lambda: {"flow": plane(), "grey_levels": 17}, bad={"grey_levels": (1,)})
row(
    "flows.Dequantized.continuous",
    lambda: PIXELS,
    on=dequantized,
    bad=WRONG_PIXELS,
    foreign={"pixels": "device"},
)
row(
    "flows.Dequantized.log_prob",
    lambda: PIXELS,
    on=dequantized,
    bad=WRONG_PIXELS,
    foreign={"pixels": "device"},
)

row(
    "models.change_of_variables.PlaneFlow",
    lambda: {"couplings": 2, "hidden": (4,), "prior": "normal"},
    fine=SIZES,
    bad={"couplings": (0,), "hidden": ((0,),)},
)
row(
    "models.change_of_variables.mass_on_grid",
    lambda: {"flow": trained(plane(), points()), "extent": (-2.0, 2.0, -2.0, 2.0), "size": 8},
    fine={"extent": "negative"},
    bad={"extent": ((1.0, 1.0, 0.0, 1.0),), "size": (1,)},
)
row(
    "models.nice.NICE",
    lambda: {"dim": 4, "couplings": 2, "hidden": (4,), "prior": "logistic", "affine": True},
    fine=SIZES,
    bad={"dim": (1,), "couplings": (0,)},
)
row(
    "models.glow.Glow",
    lambda: {
        "shape": (1, 8, 8),
        "n_levels": 2,
        "n_steps": 1,
        "hidden_channels": 4,
        "affine": True,
        "mixing": "plu",
        "actnorm": True,
        "edge": False,
        "recompute": False,
        "any_size": False,
        "grey_levels": 0,
    },
    bad={"shape": ((1, 6, 8), (8, 8)), "n_levels": (0, 4), "n_steps": (0,), "grey_levels": (1, -1)},
)


SMALL = {"n_steps": 1, "n_transitions": 1, "channels": 4, "growth": 2, "n_blocks": 1, "stacked": (0,)}
SMALL |= {"hidden_channels": 4}


def srflow():
    return trained_srflow(SRFlow(2, **SMALL))


def trained_srflow(model):
    model.log_prob(pictures(4, channels=3), pictures(4, 4, 3))
    return model


def pair(**more):
    return {"high": pictures(channels=3), "low": pictures(2, 4, 3)} | more


ANY = "batch"  # one low resolution serves all
OUT_OF_RANGE = {"high": (255 * pictures(channels=3),), "low": (pictures(2, 4, 3) - 1,)}
row(
    "models.srflow.SRFlow",
    lambda: {"scale": 2, "n_levels": 2, "n_splits": 1, "coupling_scale": "exp", **SMALL},
    fine={"stacked": "empty length"},
    bad={"scale": (1, 3), "n_splits": (2,), "stacked": ((4,),), "n_steps": (0,), "n_coarse_steps": (0, 1.5)},
)
row(
    "models.srflow.SRFlow.contexts",
    lambda: {"low": pictures(2, 4, 3)},
    on=srflow,
    fine={"low": "batch shape"},
)
row("models.srflow.SRFlow.encode", pair, on=srflow, fine={"low": ANY, "high": ""}, bad=OUT_OF_RANGE)
row("models.srflow.SRFlow.log_prob", pair, on=srflow, fine={"low": ANY}, bad=OUT_OF_RANGE)
row(
    "models.srflow.SRFlow.decode",
    lambda: {"z": pictures(channels=3), "low": pictures(2, 4, 3)},
    on=srflow,
    fine={"low": ANY},
)
row(
    "models.srflow.SRFlow.bound",
    lambda: {
        "pixels": (256 * pictures(channels=3)).long(),
        "low": pictures(2, 4, 3),
        "noise": pictures(channels=3),
    },
    on=srflow,
    fine={"low": "batch nan inf"},
    foreign={"low": "device", "pixels": "device"},
)
row(
    "models.srflow.SRFlow.sample",
    lambda: {"low": pictures(2, 4, 3), "temperature": 0.5, "n": 2},
    on=srflow,
    fine={"low": "batch shape"},
    bad={"n": (0,)},
)
row(
    "models.srflow.SRFlow.transfer",
    lambda: pair(to_low=pictures(2, 4, 3), normalise=True),
    on=srflow,
    fine={"low": ANY, "to_low": ANY},
)
row(
    "models.srflow.Regression",
    lambda: {"scale": 2, "channels": 4, "growth": 2, "n_blocks": 1, "long_skip": True},
    bad={"scale": (1, 3)},
)
LATENT = {"z": pictures(channels=3), "n_levels": 2, "n_splits": 1}
ROUND = {"z": "batch shape"}
row("flows.split_latent", lambda: LATENT, fine=ROUND, bad={"n_splits": (2,)})
row("flows.normalised", lambda: LATENT, fine=ROUND, bad={"n_splits": (2,)})
row(
    "flows.join_latent",
    lambda: {"parts": [torch.rand(2, 6, 4, 4), torch.rand(2, 24, 2, 2)], "n_levels": 2},
    fine={"parts": "batch rank shape"},
    foreign={"parts": "length"},
)
row(
    "models.srflow.Regression.forward",
    lambda: {"low": pictures(2, 4, 3)},
    on=lambda: Regression(2, channels=4, growth=2, n_blocks=1),
    fine={"low": "batch shape nan inf device"},
)
