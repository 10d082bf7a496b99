"""Bijections that treat each number by itself: the Jacobian is diagonal, its log-determinant a sum of log-slopes."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant
from gmcourse.flows.flow import log_normal
from gmcourse.precision import at_least_single

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


class Logit(Elementwise):
    """(0, 1) → ℝ: z = log x/(1 − x). Its inverse is the sigmoid, the logistic distribution's CDF."""

    def __init__(self) -> None:
        super().__init__(torch.logit, torch.sigmoid, lambda x: -(x.log() + (-x).log1p()), of_unit_interval=True)


_quantile = at_least_single(torch.special.ndtri)


class NormalQuantile(Elementwise):
    """(0, 1) → ℝ: z = Φ⁻¹(x), uniform to normal. Sampling by the inverse CDF is this flow."""

    def __init__(self) -> None:
        super().__init__(_quantile, torch.special.ndtr, lambda x: -log_normal(_quantile(x)), of_unit_interval=True)


class Gaussianization(Bijection):
    """z = Φ⁻¹(F(x)), so that a number whose distribution function is F becomes a standard normal one.

    F is that of a histogram: straight between grey_levels + 1 points of [0, 1], from 10⁻⁶ to 1 − 10⁻⁶, and a little
    beyond. Chen and Gopinath (2000, Gaussianization) make a flow of such maps and of linear ones, in turn. Before a
    Glow it helps where few grey levels hold most pixels, as in MNIST, whose black a smooth coupling learns slowly.
    """

    shares: Tensor

    @expect.door(grey_levels=">= 2")
    def __init__(self, grey_levels: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.full((grey_levels,), 1 / grey_levels))

    @torch.no_grad()
    @expect.door(log_probabilities="1 L; full")
    def set_histogram(self, log_probabilities: Tensor) -> None:
        """Use one table for all numbers, (1, L), as `densities.Histogram` has it, and a thousandth of an even one."""
        expect.tensor("log_probabilities", log_probabilities, f"1 {len(self.shares)}", dtype="full")
        self.shares.copy_(0.999 * log_probabilities[0].softmax(0) + 0.001 / len(self.shares))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data to latent with log_det = Σ log F′(x_i) − log φ(z_i)."""
        self.check(x, context)
        points, n = self._points(x), len(self.shares)
        slopes, place = points.diff(), x.to(points.dtype) * n
        levels = place.detach().long().clamp(0, n - 1)
        z = torch.special.ndtri(points[levels] + slopes[levels] * (place - levels))
        log_slope = (slopes * n).log()[levels] - log_normal(z)
        return z.to(x.dtype), log_slope.flatten(1).sum(1).to(x.dtype)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data: F⁻¹(Φ(z))."""
        self.check(z, context)
        points = self._points(z)
        below = torch.special.ndtr(z.to(points.dtype))
        levels = torch.searchsorted(points[1:-1], below.detach().contiguous(), right=True)
        return ((levels + (below - points[levels]) / points.diff()[levels]) / len(self.shares)).to(z.dtype)

    def _points(self, x: Tensor) -> Tensor:
        """F at the ends of the levels, (L + 1,): half precision keeps shares well, but not their sums."""
        shares = self.shares.to(torch.promote_types(x.dtype, torch.float32))
        sums = shares.expand(len(shares), -1).tril().sum(1)  # on a GPU cumsum is not deterministic
        return 1e-6 + (1 - 2e-6) * F.pad(sums / sums[-1], (1, 0))


class Sinh(Elementwise):
    """z = asinh(x): pulls heavy tails in."""

    def __init__(self) -> None:
        super().__init__(torch.asinh, torch.sinh, lambda x: -0.5 * x.square().log1p())


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
