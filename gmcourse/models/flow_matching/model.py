"""A network that learns a velocity from noise to data, and the flow that follows it."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows import Bijection, Compose, Elementwise, Flow
from gmcourse.flows.continuous import Continuous, Velocity, even_times, solve
from gmcourse.models.flow_matching.matching import guided, matching_loss
from gmcourse.nn.residual_mlp import ResidualMLP
from gmcourse.nn.unet import UNet


class FlowMatching(nn.Module):
    """v(x, t) of straight paths from noise (t = 0) to data (t = 1) of any shape, such as pictures in [−1, 1].

    The network has residual blocks, or for pictures it is a U-Net; `width` is theirs, the rest of the first alone. If
    it may be told one of `classes` classes y, it learns with and without. Times of the training are "uniform", or
    "middle", with more between the ends, t = sigmoid(normal) (Esser et al. 2024, arXiv:2403.03206, section 3.1).
    """

    @expect.door(shape=">= 1", classes=">= 0", width=">= 1", depth=">= 1", dropout=">= 0 < 1")
    def __init__(
        self,
        shape: Sequence[int],
        *,
        network: Literal["mlp", "unet"] = "mlp",
        classes: int = 0,
        width: int = 256,
        depth: int = 3,
        dropout: float = 0.0,
        times: Literal["uniform", "middle"] = "uniform",
    ) -> None:
        super().__init__()
        self.shape, self.classes, self.times = tuple(shape), classes, times
        self.network: nn.Module = (
            UNet(shape, width=width, classes=classes)
            if network == "unet"
            else ResidualMLP(shape, width=width, depth=depth, classes=classes, dropout=dropout)
        )

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the velocity at points x (B, …) and times t (B,), of classes y (B,) if they are told."""
        return self.network(x, t, None if y is None else y.long())

    def loss(self, x: Tensor, y: Tensor | None = None, noise: Tensor | None = None) -> Tensor:
        """`matching_loss` at times of its own, with fresh noise, or with the noise that a reflow has paired with x.

        Of the classes y (B,) a tenth is hidden, so that guidance has both networks in one.
        """
        noise = torch.randn_like(x) if noise is None else noise
        if self.times == "middle":
            t = torch.randn(len(x), device=x.device).sigmoid()
        else:  # spread evenly, with a random start: the mean over the batch varies less
            t = (torch.rand((), device=x.device) + torch.arange(len(x), device=x.device) / len(x)) % 1
        if y is not None:
            y = torch.where(torch.rand(len(y), device=y.device) < 0.1, self.classes, y)
        return matching_loss(lambda x_t, t: self(x_t, t, y), x, noise, t)

    @expect.door(y="B; integer", guidance=">= 0")
    def velocity(self, y: Tensor | None = None, guidance: float = 0.0) -> Velocity:
        """Return v(x, t) for a solver: of all data, or of the classes y (B,) with a weight w ≥ 0; see `guided`."""
        if y is None:
            if guidance:
                expect.refuse("y", None, "classes (B,): guidance needs them")
            return self
        expect.tensor("y", y, "B", dtype="integer", within=(0, self.classes))
        return guided(self, y, guidance)

    @torch.no_grad()
    @expect.door(n=">= 1", steps=">= 1", y="B; integer", guidance=">= 0")
    def sample(
        self, n: int, *, steps: int = 20, solver: str = "heun", y: Tensor | None = None, guidance: float = 0.0
    ) -> Tensor:
        """Draw n samples (n, *shape): noise, carried in so many steps; see `solve` and `velocity`."""
        if y is not None:
            expect.tensor("y", y, f"{n}", dtype="integer")
        like = next(self.parameters())
        noise = torch.randn(n, *self.shape, device=like.device).to(like.dtype)
        return solve(self.velocity(y, guidance), noise, even_times(steps), solver)

    @expect.door(steps=">= 1", probes=">= 1")
    def flow(self, *, steps: int = 20, solver: str = "heun", probes: int | None = None, unit: bool = False) -> Flow:
        """Return the same as a normalizing flow with a likelihood; with `unit`, of pictures in [0, 1]."""
        parts: list[Bijection] = [Continuous(self, steps=steps, solver=solver, probes=probes)]
        if unit:
            double = Elementwise(lambda x: 2 * x - 1, lambda z: (z + 1) / 2, lambda x: torch.full_like(x, 2.0).log())
            parts = [double, *parts]
        return Flow(Compose(parts), self.shape)
