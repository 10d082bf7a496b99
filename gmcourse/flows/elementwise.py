"""Bijections that treat each number by itself: the Jacobian is diagonal, its log-determinant a sum of log-slopes."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from gmcourse.flows.bijection import Bijection, Context, constant


class Elementwise(Bijection):
    """A strictly monotone function of one variable, applied everywhere. Subclasses say which."""

    @abstractmethod
    def ahead(self, x: Tensor) -> Tensor:
        """f(x)."""

    @abstractmethod
    def back(self, z: Tensor) -> Tensor:
        """f⁻¹(z)."""

    @abstractmethod
    def log_slope(self, x: Tensor) -> Tensor:
        """log |f′(x)|, the shape of x."""

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Data to latent, log_det = Σ log |f′(x_i)|."""
        self.check(x, context)
        return self.ahead(x), self.log_slope(x).flatten(1).sum(1)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Latent to data."""
        self.check(z, context)
        return self.back(z)


class Offset(Elementwise):
    """z = x + offset, a fixed number."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = offset

    def ahead(self, x: Tensor) -> Tensor:
        """x + offset."""
        return x + self.offset

    def back(self, z: Tensor) -> Tensor:
        """z − offset."""
        return z - self.offset

    def log_slope(self, x: Tensor) -> Tensor:
        """0."""
        return torch.zeros_like(x)


class Logit(Elementwise):
    """(0, 1) → ℝ: z = log x/(1 − x). Its inverse is the sigmoid, the logistic distribution's CDF."""

    def ahead(self, x: Tensor) -> Tensor:
        """The logit.

        Raises:
            ValueError: a value outside (0, 1).
        """
        low, high = x.detach().aminmax()
        if low <= 0 or high >= 1:
            raise ValueError(f"Logit got values in [{low:.3g}, {high:.3g}]; expected inside (0, 1)")
        return torch.logit(x)

    def back(self, z: Tensor) -> Tensor:
        """The sigmoid."""
        return z.sigmoid()

    def log_slope(self, x: Tensor) -> Tensor:
        """−log x(1 − x)."""
        return -(x.log() + (-x).log1p())


class NormalQuantile(Elementwise):
    """(0, 1) → ℝ: z = Φ⁻¹(x), uniform to normal. Sampling by the inverse CDF is this flow."""

    def ahead(self, x: Tensor) -> Tensor:
        """Φ⁻¹.

        Raises:
            ValueError: a value outside (0, 1).
        """
        low, high = x.detach().aminmax()
        if low <= 0 or high >= 1:
            raise ValueError(f"NormalQuantile got values in [{low:.3g}, {high:.3g}]; expected inside (0, 1)")
        return torch.special.ndtri(x)

    def back(self, z: Tensor) -> Tensor:
        """Φ."""
        return torch.special.ndtr(z)

    def log_slope(self, x: Tensor) -> Tensor:
        """−log φ(Φ⁻¹(x))."""
        return 0.5 * (torch.special.ndtri(x).square() + math.log(2 * math.pi))


class Sinh(Elementwise):
    """z = asinh(x): pulls heavy tails in."""

    def ahead(self, x: Tensor) -> Tensor:
        """asinh."""
        return x.asinh()

    def back(self, z: Tensor) -> Tensor:
        """sinh."""
        return z.sinh()

    def log_slope(self, x: Tensor) -> Tensor:
        """−½ log(1 + x²)."""
        return -0.5 * x.square().log1p()


class Scale(Bijection):
    """z = exp(s) ⊙ x with one learned s for each dimension: NICE's last layer (Dinh et al. 2015, section 3.3).

    Additive couplings keep volume; this layer is where a NICE learns which dimensions matter.

    Args:
        dim: how many dimensions (the size of dimension 1 of x).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """log_det = Σ s_j, whatever x is."""
        self._check_width(x, context)
        return x * self.log_scale.exp(), constant(self.log_scale.sum(), x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """exp(−s) ⊙ z."""
        self._check_width(z, context)
        return z * (-self.log_scale).exp()

    def _check_width(self, x: Tensor, context: Context) -> None:
        self.check(x, context)
        if x.ndim != 2 or x.shape[1] != len(self.log_scale):
            raise ValueError(f"Scale got shape {tuple(x.shape)}; expected (B, {len(self.log_scale)})")
