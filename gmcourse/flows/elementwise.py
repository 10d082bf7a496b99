"""Bijections that treat each number by itself: the Jacobian is diagonal, its log-determinant a sum of log-slopes."""

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from gmcourse.expect.door import door
from gmcourse.flows.bijection import Bijection, Context, constant


class Elementwise(Bijection):
    """A strictly monotone function f of one variable, applied everywhere.

    A subclass says what f(x), f⁻¹(z) and log |f′(x)| are, each in x's shape.
    """

    @abstractmethod
    def _map(self, x: Tensor) -> Tensor: ...

    @abstractmethod
    def _inverse_map(self, z: Tensor) -> Tensor: ...

    @abstractmethod
    def _log_slope(self, x: Tensor) -> Tensor: ...

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data to latent with log_det = Σ log |f′(x_i)|."""
        self.check(x, context)
        return self._map(x), self._log_slope(x).flatten(1).sum(1)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data."""
        self.check(z, context)
        return self._inverse_map(z)


class Offset(Elementwise):
    """z = x + offset, a fixed number."""

    @door()
    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = offset

    def _map(self, x: Tensor) -> Tensor:
        return x + self.offset

    def _inverse_map(self, z: Tensor) -> Tensor:
        return z - self.offset

    def _log_slope(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


class _OfUnitInterval(Elementwise):
    """Maps from (0, 1), which refuse what lies outside."""

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        low, high = x.detach().aminmax()
        if low <= 0 or high >= 1:
            found = f"x of {type(self).__name__} is in [{low:.3g}, {high:.3g}]"
            raise ValueError(f"{found}; expected it inside (0, 1)")
        return super().forward(x, context)


class Logit(_OfUnitInterval):
    """(0, 1) → ℝ: z = log x/(1 − x). Its inverse is the sigmoid, the logistic distribution's CDF."""

    def _map(self, x: Tensor) -> Tensor:
        return torch.logit(x)

    def _inverse_map(self, z: Tensor) -> Tensor:
        return z.sigmoid()

    def _log_slope(self, x: Tensor) -> Tensor:
        return -(x.log() + (-x).log1p())


class NormalQuantile(_OfUnitInterval):
    """(0, 1) → ℝ: z = Φ⁻¹(x), uniform to normal. Sampling by the inverse CDF is this flow."""

    def _map(self, x: Tensor) -> Tensor:
        return torch.special.ndtri(x)

    def _inverse_map(self, z: Tensor) -> Tensor:
        return torch.special.ndtr(z)

    def _log_slope(self, x: Tensor) -> Tensor:
        return 0.5 * (torch.special.ndtri(x).square() + math.log(2 * math.pi))  # −log φ(Φ⁻¹(x))


class Sinh(Elementwise):
    """z = asinh(x): pulls heavy tails in."""

    def _map(self, x: Tensor) -> Tensor:
        return x.asinh()

    def _inverse_map(self, z: Tensor) -> Tensor:
        return z.sinh()

    def _log_slope(self, x: Tensor) -> Tensor:
        return -0.5 * x.square().log1p()


class Scale(Bijection):
    """z = exp(s) ⊙ x with one learned s for each dimension: NICE's last layer (Dinh et al. 2015, section 3.3).

    Additive couplings keep volume; this layer is where a NICE learns which dimensions matter.
    """

    @door(dim=">= 1")
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
