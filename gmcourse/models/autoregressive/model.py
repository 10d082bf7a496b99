"""The chain rule: what every autoregressive model of whole numbers can do, whatever its network is."""

from abc import ABC, abstractmethod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect


class Autoregressive(nn.Module, ABC):
    """log P(x) = Σ_i log P(x_i | x_1 … x_{i−1}) of D whole numbers in 0 … levels − 1, exactly.

    A subclass gives the logits of all conditionals at once. Pictures are flat, row by row, (B, D) of whole numbers.
    `order` has the places as they are written, by default 0, 1, 2, …
    """

    order: Tensor

    def __init__(self, dims: int, levels: int) -> None:
        super().__init__()
        self.dims, self.levels = dims, levels
        self.register_buffer("order", torch.arange(dims), persistent=False)

    @abstractmethod
    def _logits(self, x: Tensor) -> Tensor:
        """Compute the logits of the first T places from the first T numbers (B, T); T is D for a MADE."""

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits (B, D, levels): those at place i depend only on the numbers written before it."""
        looked_at = isinstance(x, Tensor) and x.device.type == "cpu"  # a GPU would have to wait
        within = (0, self.levels - 1) if looked_at else None
        expect.tensor("x", x, f"B {self.dims}", dtype="integer", within=within)
        expect.same_device(x=x, order=self.order)
        return self._logits(x.long())

    def each_log_prob(self, x: Tensor) -> Tensor:
        """Compute log P(x_i | those before it) in nats for each number of x (B, D), in x's shape."""
        return self(x).log_softmax(2).gather(2, x.long()[..., None])[..., 0]

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log P(x) of whole numbers (B, D) in nats, shape (B,): no bound, no noise."""
        return self.each_log_prob(x).sum(1)

    def loss(self, x: Tensor) -> Tensor:
        """Return the mean cross-entropy of one number, in nats: −log P(x) / D."""
        return F.cross_entropy(self(x).flatten(0, 1), x.flatten().long())

    @torch.no_grad()
    @expect.door(n=">= 1", temperature="> 0", known="n k; integer")
    def sample(self, n: int, *, known: Tensor | None = None, temperature: float = 1.0) -> Tensor:
        """Draw n times D whole numbers, one place after another, each from its conditional: (n, D).

        What is known, the first k numbers in the order of writing (n, k), stays, and the rest is drawn. The
        temperature divides all logits. Unless it is 1, these are not samples of P(x)^(1/temperature).
        """
        x = torch.zeros(n, self.dims, dtype=torch.long, device=self.order.device)
        first = 0
        if known is not None:
            first = expect.whole("the known numbers", known.shape[1], most=self.dims)
            expect.tensor("known", known, f"{n} k", dtype="integer", within=(0, self.levels - 1))
            x[:, self.order[:first]] = known.long()
        cache: dict[Any, Any] = {}
        for place in self.order[first:].tolist():
            chances = (self.next_logits(x, place, cache) / temperature).softmax(1)
            x[:, place] = torch.multinomial(chances, 1)[:, 0]
        return x

    def next_logits(self, x: Tensor, place: int, cache: dict[Any, Any]) -> Tensor:
        """Compute the logits (B, levels) of one place; the cache may keep what the next places need."""
        return self._logits(x)[:, place]
