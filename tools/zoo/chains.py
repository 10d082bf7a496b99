"""Lesson 11's comparisons over several seeds: what the conditionals are, by the number of digits, and the order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.data import load
from gmcourse.densities import Histogram
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import MADE, Autoregressive, PixelCNN
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training import Minimize, fit
from gmcourse.training.schedules import cosine, product, warm_up

SEEDS, SIZES = 5, (100, 400, 1221)
SIZE: dict[str, Any] = {"channels": 32, "blocks": 4, "dropout": 0.3}  # less than half of the zoo's PixelCNN
HOW = {  # rate, schedule, steps and batch
    PixelCNN: (3e-3, product(warm_up(20), cosine), 200, 64),
    MADE: (4e-3, cosine, 250, 128),  # as in lesson 11
}
PARTS = 5  # of a mixture of logistics
Found = dict[str, list[float]]


class LogisticPixelCNN(PixelCNN):
    """A PixelCNN of mixtures of discretised logistics (Salimans et al. 2017, arXiv:1701.05517)."""

    def __init__(self, **size: Any) -> None:
        """Begin with parts that are spread over all grey levels."""
        super().__init__(**size)
        head = nn.Conv2d(64, 3 * PARTS, 1)
        centres = torch.linspace(0, self.levels - 1, PARTS)
        head.bias = nn.Parameter(torch.cat([torch.zeros(PARTS), centres, torch.ones(PARTS)]))
        self.last[-1] = head

    def _outputs(self, *given: Any) -> Tensor:
        weight, centre, scale = super()._outputs(*given).unflatten(2, (3, PARTS, 1)).unbind(2)  # (B, T, parts, 1)
        edges = torch.arange(self.levels - 1) + 0.5
        below = ((edges - centre) * (-scale.clamp_min(-4)).exp()).sigmoid()
        nothing, all_ = (
            torch.zeros_like(centre),
            torch.ones_like(centre),
        )  # the outer levels reach to infinity
        mass = torch.cat([below, all_], 3) - torch.cat([nothing, below], 3)
        return (mass.clamp_min(1e-12).log() + weight.log_softmax(2)).logsumexp(2)


def digits() -> tuple[Tensor, Tensor, Tensor]:
    """Give the digits to train on, those that choose the step, and those of the test: whole numbers (N, 64)."""
    seen, held_out = load("digits").split(0.85)
    return seen.pixels.flatten(1), held_out.pixels.flatten(1), load("digits", "test").pixels.flatten(1)


def best_bits(model: Autoregressive, seen: Tensor, seed: int) -> float:
    """Train, and return the test bits of the step at which the held-out ones are lowest."""
    _, held_out, test = digits()
    rate, schedule, steps, batch = HOW[MADE if isinstance(model, MADE) else PixelCNN]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    step, found = Minimize(model.loss, model, optimizer, clip=1.0), [(float("inf"), 0.0)]

    @torch.no_grad()
    def look(now: int, history: object) -> None:
        if now % 10 == 9:
            model.eval()
            bits = float(bits_per_dim(model.log_prob(held_out).mean(), 64))
            if bits < min(found)[0]:
                found.append((bits, float(bits_per_dim(model.log_prob(test).mean(), 64))))
            model.train()

    fit(
        step, seen, steps=steps, batch_size=min(batch, len(seen)), schedule=schedule, callbacks=[look],
        seed=seed, progress=False,
    )  # fmt: skip
    return min(found)[1]


def trained(name: str, build: Callable[[], Autoregressive], seen: Tensor, seed: int, found: Found) -> None:
    """Train one network of this seed and keep its bits under this name."""
    seed_torch(seed)
    found.setdefault(name, []).append(best_bits(build(), seen, seed))
    print(f"{name}, seed {seed}: {found[name][-1]:.3f}", flush=True)


def outputs() -> Found:
    """Measure bits per pixel of a PixelCNN with either output, by the number of digits, and of histograms."""
    everything, _, test = digits()
    found: Found = {}
    for seed in range(SEEDS):
        mixed = torch.randperm(len(everything), generator=generator(seed))
        for size in SIZES:
            seen = everything[mixed[:size]]
            table = Histogram.fit((seen + 0.5) / 17, 17).log_probabilities
            log_p = table[torch.arange(64), test.long()].sum(1).mean()
            found.setdefault(f"histograms, {size} digits", []).append(float(bits_per_dim(log_p, 64)))
            for name, build in {"softmax": PixelCNN, "logistics": LogisticPixelCNN}.items():
                trained(f"{name}, {size} digits", partial(build, **SIZE), seen, seed, found)
    return found


def orders() -> Found:
    """Measure bits per pixel of the MADE that lesson 11 trains, by the order of writing."""
    seen, _, _ = digits()
    table = Histogram.fit((seen + 0.5) / 17, 17).log_probabilities.float().flatten()
    found: Found = {}

    def begun_at_histograms(order: list[int]) -> MADE:
        model = MADE(64, 17, hidden=(256, 256), dropout=0.3, order=order)
        model.network[-1].bias.data = table.clone()
        return model

    for seed in range(SEEDS):
        ways = {
            "row by row": list(range(64)),
            "from below": list(range(63, -1, -1)),
            "random order": torch.randperm(64, generator=generator(seed)).tolist(),
        }
        for name, order in ways.items():
            trained(name, partial(begun_at_histograms, order), seen, seed, found)
    return found


SETS: dict[str, Callable[[], Found]] = {"digits, outputs": outputs, "digits, orders": orders}
