"""Small networks of lessons 11 and 12, trained several times: here those that write digits, with two outputs each.

A lesson has no time for so many trainings, and one of each would prove nothing. What was measured lies beside the
scores of the cheap models, as sets of its own, which `zoo.baselines` reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from gmcourse.data import load
from gmcourse.densities import Histogram
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import MADE
from gmcourse.nn.masked import masked_mlp
from gmcourse.reproducible import generator, seed_torch
from gmcourse.storage import write_text_atomically
from gmcourse.training import Minimize, fit
from gmcourse.training.schedules import cosine
from gmcourse.zoo import store
from gmcourse.zoo.cheap import FILE, Rows
from tools.zoo import denoisers
from tools.zoo.baselines import measured
from tools.zoo.denoisers import row

SEEDS, SIZES = 3, (100, 400, 1221)
PARTS = 5  # of a mixture of logistics


class LogisticMADE(MADE):
    """A MADE whose conditionals are mixtures of discretised logistics (Salimans et al. 2017, arXiv:1701.05517)."""

    def __init__(self, seen: Tensor) -> None:
        """Begin with the mean and the spread of each pixel, as the other one begins with its histograms."""
        super().__init__(64, 17, hidden=(256, 256), dropout=0.3)
        places = torch.arange(64)
        self.network = masked_mlp(
            places.repeat_interleave(17), (256, 256), places.repeat_interleave(3 * PARTS), 0.3
        )
        mean, spread = seen.float().mean(0), seen.float().std(0)
        begin = torch.zeros(64, 3, PARTS)
        begin[:, 1] = mean[:, None] + spread[:, None] * torch.linspace(-1, 1, PARTS)
        begin[:, 2] = spread.clamp_min(0.1).log()[:, None] - 1
        last = self.network[-1]
        assert isinstance(last, nn.Linear)
        last.bias.data = begin.flatten()

    def _logits(self, x: Tensor) -> Tensor:
        one_hot = nn.functional.one_hot(x, 17).float().flatten(1)
        parts = self.network(one_hot).unflatten(1, (64, 3, PARTS))
        weight, centre, scale = parts.unsqueeze(-1).unbind(2)  # (B, 64, parts, 1)
        edges = torch.arange(16) + 0.5
        below = (
            (edges - centre) * (-scale.clamp_min(-4)).exp()
        ).sigmoid()  # the outer levels reach to infinity
        ends = torch.zeros_like(below[..., :1]), torch.ones_like(below[..., :1])
        mass = torch.cat([below, ends[1]], 3) - torch.cat([ends[0], below], 3)
        return (mass.clamp_min(1e-12).log() + weight.log_softmax(2)).logsumexp(2)


def best_bits(model: MADE, seen: Tensor, held_out: Tensor, test: Tensor, seed: int) -> float:
    """Train as lesson 11 does, and return the test bits of the moment at which the held-out ones were lowest."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
    step, found = Minimize(model.loss, model, optimizer, clip=1.0), []

    def look(now: int, history: object) -> None:
        if now % 10 == 9:
            model.eval()
            with torch.no_grad():
                found.append([float(bits_per_dim(model.log_prob(x).mean(), 64)) for x in (held_out, test)])
            model.train()

    batch = min(128, len(seen))
    fit(step, seen, steps=250, batch_size=batch, schedule=cosine, callbacks=[look], seed=seed, progress=False)
    return min(found)[1]


def mades() -> Rows:
    """Measure bits per pixel by what the conditionals are, by the number of digits, and by the order of writing."""
    everything, test = load("digits").split(0.85), load("digits", "test").pixels.flatten(1).long()
    fit_set, held_out = (part.pixels.flatten(1).long() for part in everything)

    def begun_at_histograms(seen: Tensor, order: list[int] | None = None) -> MADE:
        model = MADE(64, 17, hidden=(256, 256), dropout=0.3, order=order)
        last = model.network[-1]
        last.bias.data = Histogram.fit((seen + 0.5) / 17, 17).log_probabilities.float().flatten()
        return model

    kinds: dict[str, Callable[[Tensor], MADE]] = {"softmax": begun_at_histograms, "logistics": LogisticMADE}
    found: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        mixed = torch.randperm(len(fit_set), generator=generator(seed))
        for size in SIZES:
            seen = fit_set[mixed[:size]]
            for name, build in kinds.items():
                seed_torch(seed)
                bits = best_bits(build(seen), seen, held_out, test, seed)
                found.setdefault(f"{name}, {size} digits", []).append(bits)
                print(name, size, seed, f"{bits:.3f}", flush=True)
            table = Histogram.fit((seen + 0.5) / 17, 17).log_probabilities
            log_p = table[torch.arange(64), test].sum(1).mean()
            found.setdefault(f"histograms, {size} digits", []).append(float(bits_per_dim(log_p, 64)))
        orders = {
            "from below": list(range(63, -1, -1)),
            "random order": torch.randperm(64, generator=generator(seed)).tolist(),
        }
        for name, order in orders.items():
            seed_torch(seed)
            bits = best_bits(begun_at_histograms(fit_set, order), fit_set, held_out, test, seed)
            found.setdefault(name, []).append(bits)
            print(name, seed, f"{bits:.3f}", flush=True)
    return {name: row("bits_per_dim", values) for name, values in found.items()}


SETS = ("digits, MADE", *denoisers.SETS)


def write(names: Iterable[str]) -> None:
    """Train and measure these sets anew."""
    for name in names:
        found = mades() if name == SETS[0] else denoisers.rows(denoisers.SETS[name]())
        rows = {each: {key: float(f"{x:.4g}") for key, x in row.items()} for each, row in found.items()}
        content = {"sets": dict(sorted({**measured(), name: {"models": rows}}.items()))}
        write_text_atomically(store.WEIGHTS / FILE, json.dumps(content, indent=1) + "\n")
