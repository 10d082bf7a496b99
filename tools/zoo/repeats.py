"""Small networks of lessons 11 and 12, trained several times: see `chains` for lesson 11, and here for lesson 12.

A lesson has no time for so many trainings, and one of each would prove nothing. What was measured lies beside the
scores of the cheap models, as sets of its own, which `zoo.baselines` reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from gmcourse.data import load
from gmcourse.densities import COSINE
from gmcourse.metrics.diversity import distances
from gmcourse.models.diffusion import Diffusion
from gmcourse.reproducible import generator, seed_torch
from gmcourse.storage import write_text_atomically
from gmcourse.training.schedules import cosine
from gmcourse.zoo import store
from gmcourse.zoo.cheap import FILE, Rows
from tools.zoo import chains
from tools.zoo.baselines import measured

COPIES_SEEDS, STEPS, RATE = 3, 5000, 3e-3  # of the denoisers


def row(name: str, values: list[float]) -> dict[str, float]:
    """Give the mean of several seeds, and their standard deviation."""
    each = torch.tensor(values)
    return {name: float(each.mean()), f"{name}_spread": float(each.std())}


def copying(made: Tensor, seen: Tensor) -> float:
    """The share of pictures whose nearest training picture is less than a third as far as the second nearest."""
    two = distances(made, seen).topk(2, largest=False).values
    return float((two[:, 0] < two[:, 1] / 3).float().mean())


def denoiser(seen: Tensor, seed: int) -> Diffusion:
    """Train a small network of lesson 12's kind on these digits, for as many steps whatever their number is."""
    seed_torch(seed)
    model = Diffusion((1, 8, 8), predicts="v", width=128, depth=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, fused=True)
    for now in range(
        STEPS
    ):  # a loop of its own: half of these short steps would be the averages of `Minimize`
        optimizer.param_groups[0]["lr"] = RATE * cosine(now, STEPS)
        loss = model.loss(seen[torch.randint(len(seen), (64,))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval().requires_grad_(False)


def copies() -> Rows:
    """Count what a denoiser copies that has seen few digits or many, and measure its error on those and on others."""
    digits, test = 2 * load("digits").split(0.85)[0].unit() - 1, 2 * load("digits", "test").unit() - 1
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(COPIES_SEEDS):
        mixed = digits[torch.randperm(len(digits), generator=generator(seed))]
        for size in (20, 200, len(digits)):
            seen, keep = mixed[:size], found.setdefault(f"{size} digits", {})
            model = denoiser(seen, seed)
            seed_torch(seed)
            made = model.sample(360, steps=64)
            keep.setdefault("copies", []).append(copying(made.flatten(1), seen.flatten(1)))
            keep.setdefault("copies_of_test", []).append(copying(test.flatten(1), seen.flatten(1)))
            seed_torch(0)
            for name, x in {"error_seen": seen[:360], "error_unseen": test}.items():
                x_t = COSINE.mix(x, torch.randn_like(x), 0.2)
                error = (x - model.denoiser()(x_t, 0.2)).square().flatten(1).sum(1).mean()
                keep.setdefault(name, []).append(float(error))
            print(size, seed, {name: round(values[-1], 3) for name, values in keep.items()}, flush=True)
    return {
        size: {key: x for name, values in each.items() for key, x in row(name, values).items()}
        for size, each in found.items()
    }


def bits(measure: Callable[[], chains.Found]) -> Callable[[], Rows]:
    """Make rows of what `chains` found."""
    return lambda: {name: row("bits_per_dim", values) for name, values in measure().items()}


SETS: dict[str, Callable[[], Rows]] = {
    "digits, outputs": bits(chains.outputs),
    "digits, orders": bits(chains.orders),
    "digits, copies": copies,
}


def write(names: Iterable[str]) -> None:
    """Train and measure these sets anew."""
    for name in names:
        rows = {
            each: {key: float(f"{x:.5g}") for key, x in row.items()} for each, row in SETS[name]().items()
        }
        content = {"sets": dict(sorted({**measured(), name: {"models": rows}}.items()))}
        write_text_atomically(store.WEIGHTS / FILE, json.dumps(content, indent=1) + "\n")
