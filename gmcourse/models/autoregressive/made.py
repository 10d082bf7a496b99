"""MADE: an autoencoder whose weights are masked until it is a chain of conditionals."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import door
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.nn.masked import MaskedLinear, masked_mlp


class MADE(Autoregressive):
    """Germain et al. 2015 (arXiv:1502.03509): one pass through masked linear layers gives all conditionals.

    Differs from the paper: several levels, each number as a one-hot vector; the degrees of the hidden units take
    turns and are not drawn, so that the model is complete as soon as a layer has D − 1 units; SiLU for ReLU.

    Args:
        hidden: widths of the hidden layers.
        order: the places in the order in which they are written; by default 0, 1, 2, …
    """

    @door(dims=">= 2", levels=">= 2", hidden=">= 1", dropout=">= 0 < 1", order=">= 0")
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
        if order is not None:
            if sorted(order) != list(range(dims)):
                expect.refuse("order", order, f"each of 0 … {dims - 1} once")
            self.order = torch.tensor(list(order))
        ends = self.order.argsort().repeat_interleave(levels)  # when each level of each place is written
        self.network = masked_mlp(ends, hidden, ends, dropout)

    def _logits(self, x: Tensor) -> Tensor:
        one_hot = F.one_hot(x, self.levels).to(next(self.parameters()).dtype)
        out: Tensor = self.network(one_hot.flatten(1))
        return out.unflatten(1, (self.dims, self.levels))

    @torch.no_grad()
    def start_at(self, log_probabilities: Tensor) -> None:
        """Let training begin near independent histograms (D, levels), which `densities.Histogram` counts."""
        expect.tensor("log_probabilities", log_probabilities, f"{self.dims} {self.levels}")
        last = self.network[-1]
        assert isinstance(last, MaskedLinear)
        last.bias.copy_(log_probabilities.flatten())
