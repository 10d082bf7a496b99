"""Rows of the paths from data to noise, and of the networks that are told the time."""

import torch

from gmcourse.densities import COSINE, NoisedMixture
from tests.bad_input.harness import row

X, T = torch.tensor([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]]), torch.tensor([0.2, 0.5, 0.9])


def mixture():
    return NoisedMixture(X, 0.2)


row(
    "densities.NoisedMixture",
    lambda: {"centres": X, "width": 0.2, "path": COSINE},
    fine={"centres": "batch shape"},
)
row(
    "densities.posterior_mean",
    lambda: {"log_prob": lambda x: -x.square().sum(1), "x": X, "sigma": 0.1},
    fine={"x": "batch shape"},
)
row("nn.time_embedding.TimeEmbedding", lambda: {"size": 4, "waves": 3, "turns": 5.0, "classes": 2})
row(
    "nn.residual_mlp.ResidualMLP",
    lambda: {"shape": (2,), "width": 4, "depth": 1, "classes": 2, "dropout": 0.1, "turns": 5.0},
    fine={"shape": "length"},
    bad={"dropout": (1.0,)},
)
for name in ("log_prob", "score", "posterior_mean", "velocity"):
    row(f"densities.NoisedMixture.{name}", lambda: {"x": X, "t": T}, on=mixture, bad={"t": (-0.1, 1.1, "now")})
