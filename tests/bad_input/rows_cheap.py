"""Rows of the cheap densities: normals of low rank, histograms, mixtures of any parts."""

import torch

from gmcourse.densities import FiniteMixture, Histogram, LowRankMixture, LowRankNormal, Normal
from tests.bad_input.harness import row
from tests.bad_input.rows_layers import data

LOW_RANK = {"mean": torch.zeros(2), "loadings": torch.ones(2, 1), "noise": torch.ones(2)}


def low_rank():
    return LowRankNormal(**LOW_RANK)


row("densities.LowRankNormal", lambda: LOW_RANK, fine={"loadings": "shape"}, bad={"noise": (torch.zeros(2),)})
row(
    "densities.LowRankNormal.fit",
    lambda: {
        "x": data(),
        "rank": 1,
        "structure": "diagonal",
        "steps": 1,
        "floor": 0.1,
    },
    on=lambda: LowRankNormal,
    fine={"x": "shape batch"},
    bad={"rank": (2,), "floor": (0.0,)},
)
row(
    "densities.LowRankNormal.em_step",
    lambda: {"x": data(), "weights": torch.ones(6), "floor": 0.1},
    on=low_rank,
    fine={"x": "batch"},
    bad={"weights": (torch.zeros(6), -torch.ones(6)), "floor": (0.0,)},
)
row("densities.LowRankNormal.log_prob", lambda: {"x": data()}, on=low_rank, fine={"x": "batch"})
row("densities.LowRankNormal.sample", lambda: {"n": 3, "generator": torch.Generator()}, on=low_rank)


def histogram():
    return Histogram.fit(UNIT, 3)


def analysers():
    return LowRankMixture(torch.tensor([0.5, 0.5]).log(), [low_rank(), low_rank()])


UNIT = torch.rand(6, 2, generator=torch.Generator().manual_seed(0))
SOME = {"n": 3, "generator": torch.Generator()}
row(
    "densities.Histogram",
    lambda: {"log_probabilities": torch.zeros(2, 3)},
    fine={"log_probabilities": "shape batch"},
)
row(
    "densities.Histogram.fit",
    lambda: {"x": UNIT, "levels": 3},
    on=lambda: Histogram,
    fine={"x": "shape batch"},
    bad={"x": (UNIT + 1,), "levels": (1,)},
)
row(
    "densities.Histogram.log_prob",
    lambda: {"x": UNIT},
    on=histogram,
    fine={"x": "batch"},
    bad={"x": (UNIT + 1,)},
)
row("densities.Histogram.sample", lambda: SOME, on=histogram)
for name in ("FiniteMixture", "LowRankMixture"):
    row(
        f"densities.{name}",
        lambda: {"log_weights": torch.tensor([0.5, 0.5]).log(), "parts": [low_rank(), low_rank()]},
        bad={"parts": ([low_rank()],), "log_weights": (torch.tensor([0.5, 0.5]),)},
    )
row("densities.FiniteMixture.log_joint", lambda: {"x": data()}, on=analysers, fine={"x": "batch"})
row("densities.FiniteMixture.log_prob", lambda: {"x": data()}, on=analysers, fine={"x": "batch"})
for name in ("sample", "draw"):
    row(f"densities.FiniteMixture.{name}", lambda: SOME, on=analysers)
row(
    "densities.FiniteMixture.by_class",
    lambda: {"fit": Normal.fit, "x": data(), "labels": torch.zeros(6).long()},
    on=lambda: FiniteMixture,
    fine={"x": "shape"},
)
row(
    "densities.LowRankMixture.fit",
    lambda: {
        "x": data(),
        "components": 2,
        "rank": 1,
        "steps": 1,
        "floor": 0.1,
        "generator": torch.Generator(),
    },
    on=lambda: LowRankMixture,
    fine={"x": "shape"},
    bad={"components": (0, 7), "floor": (0.0,)},
)
row("densities.LowRankMixture.em_step", lambda: {"x": data(), "floor": 0.1}, on=analysers, fine={"x": "batch"})
row(
    "densities.k_means",
    lambda: {"x": data(), "clusters": 2, "generator": torch.Generator()},
    fine={"x": "shape"},
    bad={"clusters": (0, 7)},
)
