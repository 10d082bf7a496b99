"""Bijections that treat each number by itself: the Jacobian is diagonal, its log-determinant a sum of log-slopes."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant

Map = Callable[[Tensor], Tensor]


class Elementwise(Bijection):
    """A strictly monotone function f of one variable, applied everywhere: f(x), f⁻¹(z) and log |f′(x)|, in x's shape.

    With `of_unit_interval` it maps from (0, 1), and refuses what lies outside.
    """

    @expect.door()
    def __init__(self, f: Map, inverse_f: Map, log_slope: Map, *, of_unit_interval: bool = False) -> None:
        super().__init__()
        self._maps, self._of_unit_interval = (f, inverse_f, log_slope), of_unit_interval

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data to latent with log_det = Σ log |f′(x_i)|."""
        self.check(x, context)
        if self._of_unit_interval:
            low, high = x.detach().aminmax()
            if low <= 0 or high >= 1:
                found = f"x of {type(self).__name__} is in [{low:.3g}, {high:.3g}]"
                raise ValueError(f"{found}; expected it inside (0, 1)")
        return self._maps[0](x), self._maps[2](x).flatten(1).sum(1)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data."""
        self.check(z, context)
        return self._maps[1](z)


class Offset(Elementwise):
    """z = x + offset, a fixed number."""

    @expect.door()
    def __init__(self, offset: float) -> None:
        super().__init__(partial(torch.add, other=offset), partial(torch.sub, other=offset), torch.zeros_like)


def _slope_of_logit(x: Tensor) -> Tensor:
    return -(x.log() + (-x).log1p())


class Logit(Elementwise):
    """(0, 1) → ℝ: z = log x/(1 − x). Its inverse is the sigmoid, the logistic distribution's CDF."""

    def __init__(self) -> None:
        super().__init__(torch.logit, torch.sigmoid, _slope_of_logit, of_unit_interval=True)


def _slope_of_quantile(x: Tensor) -> Tensor:
    return 0.5 * (torch.special.ndtri(x).square() + math.log(2 * math.pi))  # −log φ(Φ⁻¹(x))


class NormalQuantile(Elementwise):
    """(0, 1) → ℝ: z = Φ⁻¹(x), uniform to normal. Sampling by the inverse CDF is this flow."""

    def __init__(self) -> None:
        super().__init__(torch.special.ndtri, torch.special.ndtr, _slope_of_quantile, of_unit_interval=True)


def _slope_of_asinh(x: Tensor) -> Tensor:
    return -0.5 * x.square().log1p()


class Sinh(Elementwise):
    """z = asinh(x): pulls heavy tails in."""

    def __init__(self) -> None:
        super().__init__(torch.asinh, torch.sinh, _slope_of_asinh)


class Scale(Bijection):
    """z = exp(s) ⊙ x with one learned s for each dimension: NICE's last layer (Dinh et al. 2015, section 3.3).

    Additive couplings keep volume; this layer is where a NICE learns which dimensions matter.
    """

    @expect.door(dim=">= 1")
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.wanted = f"B {dim}"
        self.log_scale = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """log_det = Σ s_j, whatever x is."""
        self.check(x, context)
        return x * self.log_scale.exp(), constant(self.log_scale.sum(), x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data: exp(−s) ⊙ z."""
        self.check(z, context)
        return z * (-self.log_scale).exp()
