"""Rows of chapter 12: the chain of a diffusion model, its bound, and the model."""

import torch

from gmcourse.densities import COSINE
from gmcourse.models.diffusion import Diffusion
from tests.bad_input.harness import row

DI = "models.diffusion"
X, GRID = torch.randn(4, 3), [0.0, 0.5, 1.0]
Y = torch.tensor([0, 1, 1, 0])


def model():
    return Diffusion((3,), classes=2, width=4, depth=1)


def denoise(x, t):
    return 0.5 * x


row(
    f"{DI}.times",
    lambda: {"steps": 3, "spacing": "snr", "path": COSINE, "highest": 6.0},
    fine={"highest": "negative"},
    bad={"highest": (-50.0,)},
)
row(
    f"{DI}.draw",
    lambda: {"denoise": denoise, "start": X, "grid": GRID, "sampler": "small", "path": COSINE},
    fine={"start": "batch shape rank"},
    bad={"grid": ([0.0, 1.0, 0.5], [1.0], [0.0, 1.5])},
)
row(
    f"{DI}.bound",
    lambda: {
        "denoise": denoise,
        "x": X,
        "grid": GRID,
        "variance": "large",
        "path": COSINE,
        "levels": 6,
        "merged": 2,
    },
    fine={"x": "batch shape rank"},
    bad={"grid": ([0.0, 1.0, 0.5], [0.1, 1.0]), "levels": (1,), "merged": (0,)},
)
row(
    f"{DI}.Diffusion",
    lambda: {
        "shape": (3,),
        "predicts": "v",
        "classes": 2,
        "width": 4,
        "depth": 1,
        "dropout": 0.1,
        "turns": 5.0,
    },
    fine={"shape": "length"},
    bad={"dropout": (1.0,)},
)
row(
    f"{DI}.Diffusion.denoiser",
    lambda: {"y": Y, "guidance": 1.0},
    on=model,
    fine={"y": "batch shape"},
    bad={"y": (None, Y + 2)},
)
row(
    f"{DI}.Diffusion.sample",
    lambda: {"n": 4, "steps": 2, "sampler": "small", "y": Y, "guidance": 1.0},
    on=model,
    bad={"steps": (0,), "y": (Y + 2,)},
)
