"""The affine injector of SRFlow: the context says how every number is scaled and shifted."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gmcourse.flows.bijection import Bijection, Context, broadcast_context
from gmcourse.flows.coupling import SCALES


class AffineInjector(Bijection):
    """z = (x + t(context)) ⊙ s(context) (Lugmayr et al. 2020, arXiv:2006.14200, section 3.2).

    Nothing of x is needed to compute s and t, so the Jacobian is diagonal. "Injector", because it injects
    information; the map is a bijection for each context.

    Args:
        network: context → raw scales, then shifts, twice x's channels.
        scale: one of `gmcourse.flows.coupling.SCALES`.

    Raises:
        ValueError: an unknown scale; in use, a context that does not fit.
    """

    conditional = True

    def __init__(self, network: nn.Module, scale: str = "sigmoid_floor") -> None:
        super().__init__()
        if scale not in SCALES:
            raise ValueError(f"scale is {scale!r}; expected one of {', '.join(SCALES)}")
        self.network, self.scale = network, scale

    def _shift_and_scale(self, x: Tensor, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        self.check(x, context)
        if not isinstance(context, Tensor):
            raise ValueError("an injector got several contexts; expected one tensor")
        out = self.network(broadcast_context(context, x))
        expected = (2 * x.shape[1], *x.shape[2:])
        if tuple(out.shape[1:]) != expected:
            raise ValueError(
                f"an injector's network gave shape {tuple(out.shape)} for x of shape {tuple(x.shape)}; expected"
                f" (B, {', '.join(map(str, expected))}): does the context have x's height and width?"
            )
        raw, shift = out.chunk(2, dim=1)
        return shift, *SCALES[self.scale](raw)

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """log_det = Σ log s."""
        shift, scale, log_scale = self._shift_and_scale(x, context)
        return (x + shift) * scale, log_scale.flatten(1).sum(1).expand(len(x))

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """z / s − t."""
        shift, scale, _ = self._shift_and_scale(z, context)
        return torch.div(z, scale) - shift
