"""Rows of `gmcourse.metrics`."""

import math

import torch

from tests.bad_input.harness import row

WORDS = "nan inf"  # a loss passes NaN on: nothing makes a GPU wait in a training step
ANY = "rank shape batch"  # any shape will do


def pictures(n=3, side=12):
    return torch.rand(n, 3, side, side)


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


OVER = {"data_range": (0.0, 255.0), "x": (255 * pictures(), 2 * pictures() - 1)}

row("metrics.reconstruction.psnr", lambda: {"x": pictures(), "y": pictures(), "data_range": 1.0}, bad=OVER)
row(
    "metrics.reconstruction.ssim",
    lambda: {"x": pictures(), "y": pictures(), "data_range": 1.0, "window": "uniform"},
    bad=OVER | {"x": (*OVER["x"], pictures(side=5))},
)
row(
    "metrics.reconstruction.lr_psnr",
    lambda: {"x": pictures(), "low": pictures(side=6), "downsample": torch.nn.AvgPool2d(2)},
    bad={"x": OVER["x"]},
)
row(
    "metrics.reconstruction.high_frequency_energy",
    lambda: {"x": pictures(), "cutoff": 0.5},
    bad={"cutoff": (7.0,)},
    fine={"x": "shape batch"},
)
row("metrics.likelihood.nats_to_bits", lambda: {"nats": normal(3)}, fine={"nats": ANY})
row(
    "metrics.likelihood.bits_per_dim",
    lambda: {"log_prob": normal(3), "dims": 4},
    fine={"log_prob": ANY},
    bad={"dims": (0, 4.0)},
)
row(
    "metrics.likelihood.mean_and_error",
    lambda: {"values": normal(5)},
    fine={"values": "shape"},
)
row(
    "metrics.likelihood.log_mean_exp",
    lambda: {"values": normal(5, 2), "dim": 0},
    fine={"values": f"{ANY} {WORDS} device", "dim": "negative"},
    bad={"dim": (2,)},
)
row(
    "metrics.divergence.kl_to_standard_normal",
    lambda: {"mean": normal(3, 2), "log_var": normal(3, 2)},
    fine={"mean": WORDS, "log_var": WORDS},
)
row(
    "metrics.divergence.kl_normal",
    lambda: {name: normal(3, 2) for name in ("mean", "log_var", "other_mean", "other_log_var")},
    fine=dict.fromkeys(("mean", "log_var", "other_mean", "other_log_var"), WORDS),
)
row(
    "metrics.divergence.kl_monte_carlo",
    lambda: {"log_p": lambda x: x.sum(1), "log_q": lambda x: x.mean(1), "samples": normal(5, 2)},
    fine={"samples": ANY},
    bad={"log_p": (lambda x: x.sum(1) * math.nan, lambda x: 3.0, lambda x: x.sum())},
)
for name in ("kl_on_grid", "jensen_shannon_on_grid"):
    row(
        f"metrics.divergence.{name}",
        lambda: {"log_p": normal(5), "log_q": normal(5), "cell": 0.1},
        bad={"cell": (0.0,)},
    )
row(
    "metrics.likelihood.auroc",
    lambda: {"higher": normal(5), "lower": normal(4)},
    fine=dict.fromkeys(("higher", "lower"), "shape batch"),
)
row(
    "metrics.diversity.distances",
    lambda: {"points": normal(5, 2), "others": normal(4, 2)},
    fine=dict.fromkeys(("points", "others"), "batch"),
)
row(
    "metrics.diversity.neighbour_radii",
    lambda: {"features": normal(5, 2), "k": 2},
    fine={"features": "shape"},
    bad={"k": (0, 5, 2.0)},
)
row(
    "metrics.diversity.precision_recall",
    lambda: {"real": normal(5, 2), "generated": normal(4, 2), "k": 2},
    bad={"k": (0, 4)},
)
row(
    "metrics.diversity.neighbour_purity",
    lambda: {"features": normal(5, 2), "labels": torch.arange(5), "k": 2},
    fine={"features": "shape"},
    bad={"k": (0, 5)},
)
row(
    "metrics.frechet.mean_and_covariance",
    lambda: {"features": normal(5, 2), "unbiased": True},
    fine={"features": "shape"},
)
row(
    "metrics.frechet.frechet_distance",
    lambda: {"features": normal(5, 2), "other": normal(4, 2), "unbiased": True},
)
row(
    "metrics.diversity.modes_and_quality",
    lambda: {"samples": normal(5, 2), "centres": normal(4, 2), "sigma": 0.1},
    fine={"samples": "batch", "centres": "batch"},
    bad={"sigma": (0.0,)},
)
row(
    "metrics.likelihood.parzen_log_prob",
    lambda: {"x": normal(5, 2), "centres": normal(4, 2), "sigma": 0.1},
    fine={"x": "batch", "centres": "batch"},
    bad={"sigma": (0.0,)},
)
row(
    "metrics.perceptual.map_distance",
    lambda: {"x": [pictures()], "y": [pictures()]},
    fine={"x": WORDS, "y": WORDS},
    bad={"x": ([pictures(), pictures()],)},
)


def squared(x, y):
    return (x - y).square().sum(1)


row(
    "metrics.perceptual.path_distances",
    lambda: {
        "generate": lambda z: z,
        "distance": squared,
        "start": normal(3, 4),
        "end": normal(3, 4),
        "t": torch.rand(3),
        "eps": 1e-3,
        "spherical": True,
    },
    bad={
        "t": (torch.rand(3) + 1, torch.rand(3) - 1),
        "eps": (0.0, 2.0),
        "distance": (lambda x, y: 3.0, lambda x, y: squared(x, y)[:1]),
    },
)
row(
    "metrics.perceptual.filtered_mean",
    lambda: {"values": torch.rand(9)},
    fine={"values": "shape batch"},
)
row(
    "metrics.perceptual.path_length",
    lambda: {
        "generate": lambda z: z,
        "distance": squared,
        "start": normal(3, 4),
        "end": normal(3, 4),
    },
)
