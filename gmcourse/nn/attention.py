"""Causal attention with a cache, and the block of a transformer that is built on it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect

Cache = dict[nn.Module, tuple[Tensor, Tensor]]  # layer → keys and values of the tokens so far


class TransformerBlock(nn.Module):
    """Causal attention between tokens, then a network for each by itself, both added to what was there.

    In each of several heads a token takes the mean of the values of all tokens up to itself, with the weights
    softmax(q·k / √d) (Vaswani et al. 2017, arXiv:1706.03762; layer norms before, as Radford et al. 2019).
    """

    @expect.door(width=">= 1", heads=">= 1", dropout=">= 0 < 1")
    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if width % heads:
            expect.refuse("heads", heads, f"a divisor of the width, {width}")
        self.heads = heads
        self.ask = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3 * width))  # queries, keys, values
        self.mix = nn.Linear(width, width)
        wide = (nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.network = nn.Sequential(nn.LayerNorm(width), *wide)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Map tokens (B, T, width) to the same shape.

        With a cache, x are the tokens after those that the cache has seen, and its keys and values grow by theirs.
        """
        # (B, heads, T, d) each
        q, k, v = self.ask(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if cache is not None:
            if self in cache:
                k, v = (torch.cat(pair, dim=2) for pair in zip(cache[self], (k, v), strict=True))
            cache[self] = k, v
        now, seen = q.shape[2], k.shape[2]
        allowed = torch.ones(now, seen, dtype=torch.bool, device=x.device).tril(seen - now)
        answer = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        x = x + self.drop(self.mix(answer.transpose(1, 2).flatten(2)))
        return x + self.drop(self.network(x))
