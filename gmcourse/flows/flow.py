"""A normalizing flow: a bijection and a base distribution make a density. NICE, Glow and SRFlow are this class."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.expect.door import door
from gmcourse.flows.actnorm import ActNorm, SpoilingBatch
from gmcourse.flows.bijection import Bijection, Context, refuse_whole_numbers
from gmcourse.flows.prior import PRIORS


class Flow(nn.Module):
    """log p(x) = log p_Z(f(x)) + log |det ∂f/∂x|: the change of variables.

    Args:
        bijection: f, data → latent.
        shape: of one sample, without the batch: (D,) or (C, H, W).
        any_size: whether images of other heights and widths will do, as a convolutional f allows.

    Attributes:
        of_pictures: whether x are pictures of about [0, 1], so that 0 … 255 is a mistake.
    """

    of_pictures: ClassVar[bool] = False

    @door(shape=">= 1", prior="|".join(PRIORS))
    def __init__(
        self, bijection: Bijection, shape: Sequence[int], prior: str = "normal", *, any_size: bool = False
    ) -> None:
        super().__init__()
        self.bijection, self.shape, self.prior = bijection, tuple(shape), PRIORS[prior]()
        self.wanted = f"B {self.shape[0]} H W" if any_size else expect.batch_of(self.shape)

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
    @door(n=">= 1", temperature=">= 0", shape=">= 1")
    def sample(
        self, n: int, context: Context = None, *, temperature: float = 1.0, shape: Sequence[int] | None = None
    ) -> Tensor:
        """Draw n samples x = f⁻¹(z), (n, …), z drawn from the base with its spread multiplied by the temperature.

        Args:
            context: of batch n, or of batch 1: n answers to one question.
            shape: of one sample, where `any_size` lets it be another than the flow's.
        """
        parameter = next(self.bijection.parameters(), torch.zeros(()))
        z = self.prior.sample((n, *(shape or self.shape)), parameter.device, temperature)
        return self.inverse(z.to(parameter.dtype), context)

    def loss(self, x: Tensor, context: Context = None) -> Tensor:
        """Return the mean negative log-density in nats: what training minimises."""
        return -self.unchecked_log_prob(x, context).mean()
