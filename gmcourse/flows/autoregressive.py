"""The masked autoregressive flow: where the chain rule and the change of variables are the same equation."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse.expect.door import door
from gmcourse.flows.bijection import Bijection, Context
from gmcourse.nn.masked import masked_mlp


class MaskedAutoregressive(Bijection):
    """z_i = (x_i − μ_i) exp(−s_i), where μ_i and s_i depend on x_1 … x_{i−1} alone: ∂z/∂x is triangular.

    Papamakarios et al. 2017 (arXiv:1705.07057), equation 3. With a normal base, p(x_i | those before it) is
    N(μ_i, exp(2 s_i)). Forward is one pass, the inverse D passes, one for each number.
    """

    @door(dim=">= 2", hidden=">= 1")
    def __init__(self, dim: int, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.wanted = f"B {dim}"
        places = torch.arange(dim)
        self.network = masked_mlp(places, hidden, places.repeat(2))

    def conditionals(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute μ and s of points (B, D), each of the same shape."""
        mean, log_scale = self.network(x).chunk(2, dim=1)
        return mean, log_scale

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """log_det = −Σ s_i(x)."""
        self.check(x, context)
        mean, log_scale = self.conditionals(x)
        return (x - mean) * (-log_scale).exp(), -log_scale.sum(1)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Find x one number after another: x_i = μ_i + exp(s_i) z_i."""
        self.check(z, context)
        x = torch.zeros_like(z)
        for _ in range(z.shape[1]):  # after pass i the first i numbers are right, and stay so
            mean, log_scale = self.conditionals(x)
            x = mean + log_scale.exp() * z
        return x
