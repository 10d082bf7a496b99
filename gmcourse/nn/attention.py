"""Causal attention with a cache, and the block of a transformer that is built on it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.expect.door import door

Cache = dict[nn.Module, tuple[Tensor, Tensor]]  # layer → keys and values of the tokens so far


class CausalAttention(nn.Module):
    """Each token takes a weighted mean of the values of all tokens up to itself (Vaswani et al. 2017).

    The weights are softmax(q·k / √d) over those tokens, in each of several heads, whose answers are mixed.
    """

    @door(width=">= 1", heads=">= 1")
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            expect.refuse("heads", heads, f"a divisor of the width, {width}")
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width)  # queries, keys and values
        self.mix = nn.Linear(width, width)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Map tokens (B, T, width) to the same shape.

        With a cache, x are the tokens after those that the cache has seen, and its keys and values grow by theirs.
        """
        q, k, v = (
            self.ask(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        )  # (B, heads, T, d) each
        if cache is not None:
            if self in cache:
                k, v = (torch.cat(pair, dim=2) for pair in zip(cache[self], (k, v), strict=True))
            cache[self] = k, v
        now, seen = q.shape[2], k.shape[2]
        allowed = torch.ones(now, seen, dtype=torch.bool, device=x.device).tril(seen - now)
        answer = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        out: Tensor = self.mix(answer.transpose(1, 2).flatten(2))
        return out


class TransformerBlock(nn.Module):
    """Attention between tokens, then a network for each token by itself, both added to what was there."""

    @door(width=">= 1", heads=">= 1", dropout=">= 0 < 1")
    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.before, self.attention = nn.LayerNorm(width), CausalAttention(width, heads)
        self.network = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Map tokens (B, T, width) to the same shape."""
        x = x + self.drop(self.attention(self.before(x), cache))
        return x + self.drop(self.network(x))
