"""How a network is told the time: waves of many speeds."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect


class TimeEmbedding(nn.Module):
    """Sines and cosines of t in [0, 1] at geometrically spaced speeds, and a small network of them: (B,) → (B, size).

    A single number is hard to read for a linear layer: 0.01 and 0.02 look alike. The slowest wave makes a quarter
    turn, the fastest `turns` whole ones (Vaswani et al. 2017, section 3.5, for places; Ho et al. 2020 for times).
    With `classes`, a learned vector of the class is added, and another one where there is none.
    """

    speeds: Tensor

    @expect.door(size=">= 1", waves=">= 2", turns=">= 1", classes=">= 0")
    def __init__(self, size: int, *, waves: int = 16, turns: float = 50.0, classes: int = 0) -> None:
        super().__init__()
        speeds = torch.linspace(math.log(0.25), math.log(turns), waves).exp() * 2 * math.pi
        self.register_buffer("speeds", speeds, persistent=False)
        self.network = nn.Sequential(nn.Linear(2 * waves, size), nn.SiLU(), nn.Linear(size, size))
        self.classes = classes
        self.of_class = nn.Embedding(classes + 1, size) if classes else None

    def forward(self, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Embed times (B,), and classes y (B,) if there are some; the number after the last class means none."""
        expect.tensor("t", t, "B", finite=False)
        angles = t[:, None] * self.speeds
        waves = torch.cat([angles.cos(), angles.sin()], dim=1)
        dtype = next(self.network.parameters()).dtype  # times may be finer than the weights
        out: Tensor = self.network(waves.to(dtype))
        if self.of_class is not None:
            out = out + self.of_class(torch.full_like(t, self.classes, dtype=torch.long) if y is None else y)
        elif y is not None:
            expect.refuse("y", expect.described(y), "None: this network knows no classes")
        return F.silu(out)
