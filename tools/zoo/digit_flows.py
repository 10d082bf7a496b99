"""Lesson 07's comparison over several seeds: flows of the digits, and what a table as the first layer is worth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.densities import Histogram
from gmcourse.flows import Dequantized, Flow, Gaussianization
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.glow import Glow
from gmcourse.models.nice import NICE
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training import History, Minimize, fit
from tools.zoo.denoisers import SEEDS, Found, keep

LEVELS, STEPS, EVERY, BATCH = 17, 1500, 100, 128
SIZE: dict[str, Any] = {"n_levels": 2, "n_steps": 6, "hidden_channels": 48}  # as in lesson 07


def digits(part: str) -> Tensor:
    """Give the digits of one part: those to train on, those that choose the step, or those of the test."""
    seen, held_out = load("digits").split(0.85)
    return {"seen": seen, "held out": held_out, "test": load("digits", "test")}[part].pixels


def nice(affine: bool) -> tuple[Flow, list[Tensor]]:
    """Build lesson 06's NICE, and give what learns ten times as fast as the rest: its scales."""
    model = NICE(64, hidden=(128, 128), affine=affine)
    return model, [model.scale.log_scale]


def glow(table: bool) -> tuple[Flow, list[Tensor]]:
    """Build lesson 07's Glow, with a table of the grey levels as its first layer or without."""
    model = Glow((1, 8, 8), **SIZE, grey_levels=LEVELS if table else 0)
    pixels = digits("seen")
    if table:
        levels = Histogram.fit((pixels.reshape(-1, 1) + 0.5) / LEVELS, LEVELS).log_probabilities
        next(layer for layer in model.modules() if isinstance(layer, Gaussianization)).set_histogram(levels)
    with torch.no_grad():
        model((pixels + torch.rand(pixels.shape)).reshape(-1, 1, 8, 8) / LEVELS)  # actnorm looks at its first batch
    return model, []


def curve(build: Callable[[], tuple[Flow, list[Tensor]]], seed: int) -> dict[int, tuple[float, float]]:
    """Train, and return step → bits per dimension of held-out and of test digits, dequantised several times."""
    seed_torch(seed)
    model, quick = build()
    pixels, found = Dequantized(model, LEVELS), {}
    slow = [p for p in model.parameters() if all(p is not q for q in quick)]
    groups = [{"params": slow}] + [{"params": quick, "lr": 2e-2}] * bool(quick)
    optimizer = torch.optim.Adam(groups, lr=2e-3, fused=True)

    @torch.no_grad()
    def bits(part: str, times: int) -> float:
        x = digits(part).reshape(-1, *model.shape).repeat(times, *[1] * len(model.shape))
        noise = torch.rand(x.shape, generator=generator(times))
        return float(bits_per_dim(pixels.log_prob(x, noise=noise).mean(), 64))

    def look(now: int, history: History) -> None:
        if (now + 1) % EVERY == 0:
            found[now + 1] = (bits("held out", 4), bits("test", 5))

    step = Minimize(pixels.loss, model, optimizer, clip=50.0)
    seen = digits("seen").reshape(-1, *model.shape)
    fit(step, seen, steps=STEPS, batch_size=BATCH, callbacks=[look], seed=seed, progress=False)
    return found


def flows() -> Found:
    """Measure bits per dimension of four flows: on the way, and at the step where held-out digits need the fewest."""
    kinds: dict[str, Callable[[], tuple[Flow, list[Tensor]]]] = {
        "NICE": partial(nice, affine=False),
        "affine couplings": partial(nice, affine=True),
        "Glow": partial(glow, table=False),
        "Glow with a table": partial(glow, table=True),
    }
    found = Found()
    for seed in range(SEEDS):
        for name, build in kinds.items():
            on_the_way = curve(build, seed)
            best = min(on_the_way, key=lambda step: on_the_way[step][0])
            keep(found, name, {"bits_per_dim": on_the_way[best][1], "best_step": float(best)}, seed)
            for step, (held_out, _) in on_the_way.items():
                found.setdefault(f"{name}, {step} steps", {}).setdefault("held_out_bits_per_dim", []).append(held_out)
    return found


SETS: dict[str, Callable[[], Found]] = {"digits, flows": flows}
