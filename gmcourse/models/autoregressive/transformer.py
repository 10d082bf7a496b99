"""A causal transformer: of pixels, or of characters."""

from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.attention import TransformerBlock


class Transformer(Autoregressive):
    """A decoder-only transformer of `depth` blocks: place i reads a start token and the numbers before it.

    It has no blind spot, and what was computed for one place is kept for the next ones: with this cache it reads
    one token at a time, and draws each number from the same logits as without. It writes at most `dims` numbers.
    """

    @expect.door(dims=">= 1", levels=">= 2", width=">= 1", depth=">= 1", heads=">= 1", dropout=">= 0 < 1")
    def __init__(
        self, dims: int, levels: int, *, width: int = 64, depth: int = 3, heads: int = 4, dropout: float = 0.0
    ) -> None:
        super().__init__(dims, levels)
        self.token = nn.Embedding(levels + 1, width)  # the last one stands before the first number
        self.place = nn.Parameter(0.02 * torch.randn(dims, width))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, dropout) for _ in range(depth))
        self.last = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, levels))

    def _logits(self, x: Tensor) -> Tensor:
        return self._read(x[:, :-1], {})

    def next_logits(self, x: Tensor, place: int, cache: dict[Any, Any]) -> Tensor:
        """Compute the logits of one place; the cache has the keys and values of all tokens that were read before."""
        return self._read(x[:, :place], cache)[:, -1]

    def _read(self, before: Tensor, cache: dict[Any, Any]) -> Tensor:
        """Read the start token and numbers (B, T) that the cache has not seen: logits of what follows each."""
        tokens = torch.cat([before.new_full((len(before), 1), self.levels), before], 1)
        first, cache["read"] = cache.get("read", 0), tokens.shape[1]
        h = self.token(tokens[:, first:]) + self.place[first : tokens.shape[1]]
        for block in self.blocks:
            h = block(h, cache)
        return self.last(h)
