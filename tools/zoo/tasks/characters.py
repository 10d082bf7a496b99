"""Text without a network: how often a character follows the n before it, counted (lesson 11 has the same counts)."""

from __future__ import annotations

from collections import Counter
from functools import partial

import torch
from torch import Tensor

from gmcourse.data import prose
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes.transformer_prose import RECIPE
from tools.zoo.tasks.timing import timed

STRENGTH = 8.0  # how many characters the shorter context counts for
LONGEST = 7
CPU = torch.device("cpu")


class NGrams:
    """p(c | the n characters before) = (count + s · p(c | the n − 1 before)) / (all counts + s), from text (N,).

    Without any context left it is 1 over the size of the alphabet.
    """

    def __init__(self, text: Tensor, n: int) -> None:
        codes = text.tolist()
        self.n = n
        self.counts = [Counter(self._pieces(codes, k + 1)) for k in range(n + 1)]
        self.contexts = [Counter(self._pieces(codes[:-1], k)) for k in range(n + 1)]

    @staticmethod
    def _pieces(codes: list[int], length: int) -> list[tuple[int, ...]]:
        return [tuple(codes[i : i + length]) for i in range(len(codes) - length + 1)]

    def probability(self, before: tuple[int, ...], code: int) -> float:
        """Give the probability of a character after those before it, of which it looks at the last n."""
        p = 1 / len(prose.ALPHABET)
        for k in range(min(self.n, len(before)) + 1):
            context = before[len(before) - k :]
            p = (self.counts[k][*context, code] + STRENGTH * p) / (self.contexts[k][context] + STRENGTH)
        return p

    def each_log_prob(self, windows: Tensor) -> Tensor:
        """Compute log p of each character in nats, (B, length), as a transformer does."""
        rows = [
            [self.probability(tuple(row[max(0, i - self.n) : i]), row[i]) for i in range(len(row))]
            for row in windows.tolist()
        ]
        return torch.tensor(rows).log()


def chosen_length(text: Tensor) -> int:
    """Choose n on the last tenth of a text, with counts of what comes before it."""
    cut = len(text) * 9 // 10

    def nats(n: int) -> float:
        return float(NGrams(text[:cut], n).each_log_prob(text[None, cut:]).mean())

    return max(range(LONGEST + 1), key=nats)


def measure() -> Rows:
    """Measure bits per character, as the recipe of the transformer does."""
    text = prose.load()
    longest, seconds = timed(lambda: chosen_length(text))
    rows: Rows = {}
    for name, n in {"frequencies": 0, "pairs": 1, "n-grams": longest}.items():
        counted, more = timed(partial(NGrams, text, n))
        rows[name] = {**RECIPE.measure(counted, CPU), "characters_before": n, "seconds": more}
    rows["n-grams"]["seconds"] += seconds
    return rows
