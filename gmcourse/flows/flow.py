"""A normalizing flow: a bijection and a base distribution make a density. NICE, Glow and SRFlow are this class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse.flows.actnorm import ActNorm, SpoilingBatch
from gmcourse.flows.bijection import Bijection, Context
from gmcourse.flows.prior import PRIORS


class Flow(nn.Module):
    """log p(x) = log p_Z(f(x)) + log |det ∂f/∂x|: the change of variables.

    Args:
        bijection: f, data → latent.
        shape: of one sample, without the batch: (D,) or (C, H, W).
        prior: "normal" or "logistic".

    Raises:
        ValueError: an unknown prior.
    """

    def __init__(self, bijection: Bijection, shape: Sequence[int], prior: str = "normal") -> None:
        super().__init__()
        if prior not in PRIORS:
            raise ValueError(f"prior is {prior!r}; expected one of {', '.join(PRIORS)}")
        self.bijection, self.shape, self.prior = bijection, tuple(shape), PRIORS[prior]()

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """z and log_det of x (B, …).

        Raises:
            ValueError: see `log_prob`; or a first batch that would spoil actnorm. No layer has kept it then.
        """
        self._check(x)
        try:
            z, log_det = self.bijection(x, context)
        except SpoilingBatch:
            for module in self.modules():
                if isinstance(module, ActNorm):
                    module.forget()
            raise
        return z, log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """x of z (B, …)."""
        return self.bijection.inverse(z, context)

    def log_prob(self, x: Tensor, context: Context = None) -> Tensor:
        """log p(x), or log p(x | context), as a density in nats, shape (B,).

        Raises:
            ValueError: another number of dimensions, whole numbers, NaN, or a context too many or too few.
        """
        z, log_det = self(x, context)
        return self.prior.log_prob(z) + log_det

    @torch.no_grad()
    def sample(
        self, n: int, context: Context = None, *, temperature: float = 1.0, shape: Sequence[int] | None = None
    ) -> Tensor:
        """n samples x = f⁻¹(z), (n, …), z drawn from the base with its spread multiplied by the temperature.

        Args:
            n: how many.
            context: of batch n, or of batch 1: n answers to one question.
            temperature: see `Prior.sample`.
            shape: of one sample, if another than the flow's (a convolutional flow takes any size).

        Raises:
            ValueError: n below 1, a temperature below 0, or a context that does not fit.
        """
        if n < 1:
            raise ValueError(f"n is {n}; expected at least 1")
        parameter = next(self.bijection.parameters(), None)
        device = torch.device("cpu") if parameter is None else parameter.device
        z = self.prior.sample((n, *(shape or self.shape)), device, temperature)
        return self.inverse(z.to(torch.float32 if parameter is None else parameter.dtype), context)

    def loss(self, x: Tensor, context: Context = None) -> Tensor:
        """The mean negative log-density in nats: what training minimises."""
        return -self.log_prob(x, context).mean()

    def _check(self, x: Tensor) -> None:
        if x.ndim != len(self.shape) + 1 or x.shape[1] != self.shape[0]:
            raise ValueError(f"got shape {tuple(x.shape)}; expected (B, {', '.join(map(str, self.shape))})")
        if not x.is_floating_point():
            raise ValueError(
                f"got dtype {x.dtype}; expected floating point: use Dequantized for whole-number pixels"
            )
        if not torch.isfinite(x).all():
            raise ValueError("x holds NaN or infinity; look at the data")
