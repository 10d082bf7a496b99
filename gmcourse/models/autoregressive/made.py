"""MADE: a network whose weights are masked until it is a chain of conditionals."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.masked import masked_mlp


class MADE(Autoregressive):
    """Germain et al. 2015 (arXiv:1502.03509): one pass through masked linear layers gives all conditionals.

    Differs from the paper: several levels, each number as a one-hot vector; the degrees of hidden units take turns
    and are not drawn; SiLU for ReLU. `order` has the places as they are written, by default 0, 1, 2, …
    """

    @expect.door(dims=">= 2", levels=">= 2", hidden=">= 1", dropout=">= 0 < 1", order=">= 0")
    def __init__(
        self,
        dims: int,
        levels: int,
        *,
        hidden: Sequence[int] = (512, 512),
        dropout: float = 0.0,
        order: Sequence[int] | None = None,
    ) -> None:
        super().__init__(dims, levels)
        if order is not None and sorted(order) != list(range(dims)):
            expect.refuse("order", order, f"each of 0 … {dims - 1} once")
        self.order = self.order if order is None else torch.tensor(list(order))
        degrees = self.order.argsort().repeat_interleave(levels)  # when each level of each place is written
        self.network = masked_mlp(degrees, hidden, degrees, dropout)

    def _logits(self, x: Tensor) -> Tensor:
        one_hot = F.one_hot(x, self.levels).to(next(self.parameters()).dtype)
        return self.network(one_hot.flatten(1)).unflatten(1, (self.dims, self.levels))
