"""A normalizing flow: a bijection and a base distribution make a density. NICE, Glow and SRFlow are this class.

`Dequantized` makes of it a probability of whole-number pixels: the one place with the constant between the two.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.actnorm import ActNorm, SpoilingBatch
from gmcourse.flows.bijection import Bijection, Context, refuse_whole_numbers
from gmcourse.processes import uniform_noise


@dataclass(frozen=True)
class Prior:
    """Independent coordinates of one standard distribution. It has no parameters: those live in bijections."""

    log_density: Callable[[Tensor], Tensor]  # of each coordinate in nats, in the shape of z
    draw: Callable[..., Tensor]  # of a shape, on a device
    deviation: float  # the standard deviation of a coordinate

    def log_prob(self, z: Tensor) -> Tensor:
        """Compute log p(z) = Σ log p(z_i) in nats, shape (B,)."""
        return self.log_density(z).flatten(1).sum(1)

    def sample(self, shape: tuple[int, ...], device: torch.device, temperature: float = 1.0) -> Tensor:
        """Draws whose standard deviation is multiplied by the temperature.

        For a normal base and a bijection of constant Jacobian these are samples of p(x)^(1/T²), normalised.
        """
        return expect.number("temperature", temperature, least=0) * self.draw(shape, device=device)


def log_normal(z: Tensor) -> Tensor:
    """Compute the log-density of N(0, 1) at each coordinate, in nats."""
    return -0.5 * (z.square() + math.log(2 * math.pi))


def _logistic(z: Tensor) -> Tensor:
    return -F.softplus(z) - F.softplus(-z)


def _draw_logistic(shape: tuple[int, ...], device: torch.device) -> Tensor:
    tiny = torch.finfo(torch.float32).eps
    return torch.logit(torch.rand(shape, device=device).clamp(tiny, 1 - tiny))


PRIORS = {
    "normal": Prior(log_normal, torch.randn, 1.0),
    # e^z / (1 + e^z)², NICE's choice: longer tails than the normal (Dinh et al. 2015, section 3.4)
    "logistic": Prior(_logistic, _draw_logistic, math.pi / math.sqrt(3)),
}


class Flow(nn.Module):
    """log p(x) = log p_Z(f(x)) + log |det ∂f/∂x|: the change of variables.

    The bijection is f, data → latent, and the shape that of one sample, (D,) or (C, H, W). With `any_size` images of
    other heights and widths will do, as a convolutional f allows. `of_pictures` says whether x are pictures of about
    [0, 1], so that 0 … 255 is a mistake.
    """

    of_pictures: ClassVar[bool] = False

    @expect.door(shape=">= 1", prior="|".join(PRIORS))
    def __init__(
        self, bijection: Bijection, shape: Sequence[int], prior: str = "normal", *, any_size: bool = False
    ) -> None:
        super().__init__()
        self.bijection, self.shape, self.prior = bijection, tuple(shape), PRIORS[prior]
        self.wanted = f"B {self.shape[0]} H W" if any_size else expect.batch_of(self.shape)

    @expect.one_dtype
    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """z and log_det of x (B, …). A first batch that would spoil actnorm is refused, and no layer keeps it."""
        refuse_whole_numbers("x", x)
        expect.tensor("x", x, self.wanted, finite=False)
        try:
            z, log_det = self.bijection(x, context)
        except SpoilingBatch:
            for module in self.modules():
                if isinstance(module, ActNorm):
                    module.forget()
            raise
        return z, log_det

    @expect.one_dtype
    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map z (B, …) to x."""
        expect.tensor("z", z, self.wanted)
        return self.bijection.inverse(z, context)

    def log_prob(self, x: Tensor, context: Context = None) -> Tensor:
        """Compute log p(x), or log p(x | context), as a density in nats, shape (B,)."""
        refuse_whole_numbers("x", x)
        expect.tensor("x", x, self.wanted)
        if self.of_pictures:
            expect.pictures("x", x)
        return self.unchecked_log_prob(x, context)

    def unchecked_log_prob(self, x: Tensor, context: Context = None) -> Tensor:
        """The same without a look at the values of x, for which a GPU would have to wait."""
        z, log_det = self(x, context)
        return self.prior.log_prob(z) + log_det

    @torch.no_grad()
    @expect.door(n=">= 1", temperature=">= 0", shape=">= 1")
    def sample(
        self, n: int, context: Context = None, *, temperature: float = 1.0, shape: Sequence[int] | None = None
    ) -> Tensor:
        """Draw n samples x = f⁻¹(z), (n, …), z drawn from the base with its spread multiplied by the temperature.

        A context is of batch n, or of batch 1: n answers to one question. The shape of one sample may be another than
        the flow's where `any_size` lets it.
        """
        parameter = next(self.bijection.parameters(), torch.zeros(()))
        z = self.prior.sample((n, *(shape or self.shape)), parameter.device, temperature)
        return self.inverse(z.to(parameter.dtype), context)

    def loss(self, x: Tensor, context: Context = None) -> Tensor:
        """Return the mean negative log-density in nats: what training minimises."""
        return -self.unchecked_log_prob(x, context).mean()


class Dequantized(nn.Module):
    """A probability of whole-number pixels from a density on [0, 1): uniform dequantisation.

    With x = (pixels + u) / grey_levels, u ~ U[0, 1)^D, Jensen's inequality gives

        log P(pixels) ≥ E_u[log p(x)] − D log grey_levels

    (Theis et al. 2016, arXiv:1511.01844, section 3.1). Without the noise a density could grow without end on
    the grid of the levels. This is not a bijection, and does not claim to be one.
    """

    @expect.door(grey_levels=">= 2")
    def __init__(self, flow: Flow, grey_levels: int = 256) -> None:
        super().__init__()
        self.flow, self.grey_levels = flow, grey_levels

    @expect.door(pixels="…; integer, unseen", noise="…; unseen")
    def continuous(self, pixels: Tensor, noise: Tensor | None = None) -> Tensor:
        """Compute (pixels + noise) / grey_levels, in [0, 1).

        Pixels are whole numbers, whose range is looked at on a CPU; noise is in [0, 1), by default drawn anew.
        """
        looked_at = pixels.device.type == "cpu"
        if looked_at:
            expect.tensor("pixels", pixels, dtype="integer", within=(0, self.grey_levels - 1))
        parameter = next(self.flow.parameters(), torch.zeros(()))
        noise = uniform_noise(pixels, parameter.dtype) if noise is None else noise
        expect.tensor("noise", noise, finite=looked_at)
        return (pixels + noise) / self.grey_levels

    @expect.one_dtype
    def log_prob(self, pixels: Tensor, context: Context = None, noise: Tensor | None = None) -> Tensor:
        """Return the bound on log P(pixels) with one draw of the noise, in nats, shape (B,); see `continuous`."""
        x = self.continuous(pixels, noise)
        return self.flow.unchecked_log_prob(x, context) - x[0].numel() * math.log(self.grey_levels)

    def loss(self, pixels: Tensor, context: Context = None) -> Tensor:
        """Return the mean negative bound in nats: what training minimises."""
        return -self.log_prob(pixels, context).mean()
