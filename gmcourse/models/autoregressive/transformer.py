"""A causal transformer: of pixels, or of characters."""

from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.expect.door import door
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.attention import TransformerBlock


class Transformer(Autoregressive):
    """A decoder-only transformer (Radford et al. 2018): place i reads the numbers before it, and a start token.

    Unlike a PixelCNN it has no blind spot, and what was computed for one place is kept for the next ones: with this
    cache the network reads one token at a time, and each number is drawn from the same logits as without it.

    Args:
        dims: how many numbers it writes at most.
        width: of the vector that each token is.
        depth: the number of blocks.
    """

    @door(dims=">= 1", levels=">= 2", width=">= 1", depth=">= 1", heads=">= 1", dropout=">= 0 < 1")
    def __init__(
        self, dims: int, levels: int, *, width: int = 64, depth: int = 3, heads: int = 4, dropout: float = 0.0
    ) -> None:
        super().__init__(dims, levels)
        self.token = nn.Embedding(levels + 1, width)  # the last one stands before the first number
        self.place = nn.Parameter(0.02 * torch.randn(dims, width))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, dropout) for _ in range(depth))
        self.last = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, levels))

    def _logits(self, x: Tensor) -> Tensor:
        return self._read(self._shifted(x)[:, :-1], {})

    def next_logits(self, x: Tensor, place: int, cache: dict[Any, Any]) -> Tensor:
        """Compute the logits of one place; the cache has the keys and values of all tokens that were read before."""
        return self._read(self._shifted(x[:, :place]), cache)[:, -1]

    def _shifted(self, x: Tensor) -> Tensor:
        return torch.cat([x.new_full((len(x), 1), self.levels), x], 1)

    def _read(self, tokens: Tensor, cache: dict[Any, Any]) -> Tensor:
        """Read the tokens that the cache has not seen: logits of what follows each of them."""
        first = cache.get("read", 0)
        cache["read"] = tokens.shape[1]
        h = self.token(tokens[:, first:]) + self.place[first : tokens.shape[1]]
        for block in self.blocks:
            h = block(h, cache)
        out: Tensor = self.last(h)
        return out
