"""A residual network of vectors and times: the denoiser or the velocity of small data."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.time_embedding import TimeEmbedding


class ResidualMLP(nn.Module):
    """A network of (x, t) or (x, t, y) that returns the shape of x, by residual blocks on the flattened x.

    In each block the time scales and shifts what was normalised (Perez et al. 2018, arXiv:1709.07871). The last
    layer begins at zero, so an untrained network returns zeros.
    """

    @expect.door(shape=">= 1", width=">= 1", depth=">= 1", classes=">= 0", dropout=">= 0 < 1", turns=">= 1")
    def __init__(
        self,
        shape: Sequence[int],
        *,
        width: int = 256,
        depth: int = 3,
        classes: int = 0,
        dropout: float = 0.0,
        turns: float = 50.0,
    ) -> None:
        super().__init__()
        self.shape, self.classes = tuple(shape), classes
        size = math.prod(shape)
        self.time = TimeEmbedding(width // 2 + 1, turns=turns, classes=classes)
        self.first, self.last = nn.Linear(size, width), nn.Linear(width, size)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.tellers = nn.ModuleList(nn.Linear(width // 2 + 1, 2 * width) for _ in range(depth))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Dropout(dropout), nn.Linear(width, width))
            for _ in range(depth)
        )
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Map x (B, *shape) at times t (B,), of classes y (B,) or of none, to x's shape."""
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        condition, h = self.time(t, y), self.first(x.flatten(1).to(self.first.weight.dtype))
        for teller, block in zip(self.tellers, self.blocks, strict=True):
            scale, shift = teller(condition).chunk(2, dim=1)
            h = h + block(self.norm(h) * (1 + scale) + shift)
        return self.last(self.norm(h)).reshape(x.shape).to(x.dtype)
