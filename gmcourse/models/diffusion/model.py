"""A network that is trained to denoise at every time: the loss of DDPM, and samples with or without guidance."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.densities import COSINE
from gmcourse.models.diffusion.chain import Denoiser, Prediction, Sampler, denoised_and_noise, draw, target, times
from gmcourse.nn.residual_mlp import ResidualMLP
from gmcourse.nn.unet import UNet


class Diffusion(nn.Module):
    """Data of any shape, such as pictures in [−1, 1], noised along the cosine path, and a network that undoes it.

    Differs from Ho et al. 2020 (arXiv:2006.11239): time is a number in [0, 1], so that one network serves any number
    of steps, as in Kingma et al. 2021 (arXiv:2107.00630). The network has residual blocks, or for pictures it is a
    U-Net; `width` is theirs, the rest of the first alone. It predicts the noise, the data or v. If it may be told one
    of `classes` classes y, it learns with and without.
    """

    @expect.door(shape=">= 1", classes=">= 0", width=">= 1", depth=">= 1", dropout=">= 0 < 1", turns=">= 1")
    def __init__(
        self,
        shape: Sequence[int],
        *,
        network: Literal["mlp", "unet"] = "mlp",
        predicts: Prediction = "noise",
        classes: int = 0,
        width: int = 256,
        depth: int = 3,
        dropout: float = 0.0,
        turns: float = 50.0,
    ) -> None:
        super().__init__()
        self.shape, self.classes, self.predicts, self.path = tuple(shape), classes, predicts, COSINE
        self.network: nn.Module = (
            UNet(shape, width=width, classes=classes)
            if network == "unet"
            else ResidualMLP(shape, width=width, depth=depth, classes=classes, dropout=dropout, turns=turns)
        )

    def forward(self, x_t: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the network's output for x_t (B, …) at times t (B,), of classes y (B,) if they are told."""
        return self.network(x_t, t, None if y is None else y.long())

    def loss(self, x: Tensor, y: Tensor | None = None, *, without: float = 0.1) -> Tensor:
        """L_simple: the mean squared error of the prediction at times that are spread evenly over [0, 1].

        Of the classes y a share `without` is hidden, for guidance (Ho & Salimans 2022, arXiv:2207.12598).
        """
        expect.number("without", without, least=0, most=1)
        t = (torch.rand((), device=x.device) + torch.arange(len(x), device=x.device) / len(x)) % 1
        noise = torch.randn_like(x)
        if y is not None:
            y = torch.where(torch.rand(len(y), device=y.device) < without, self.classes, y)
        out = self(self.path.mix(x, noise, t), t, y)
        return (out - target(self.path, self.predicts, x, noise, t)).square().mean()

    @expect.door(y="B; integer", guidance=">= 0")
    def denoiser(self, y: Tensor | None = None, guidance: float = 0.0) -> Denoiser:
        """Return the function (x_t, t) → x̂_0 that samplers and the bound take.

        With classes y (B,) and guidance w the prediction is (1 + w) · (with y) − w · (without) (Ho & Salimans 2022,
        equation 6). This is not the denoiser of p(x | y)^(1+w) p(x)^(−w).
        """
        if y is not None:
            expect.tensor("y", y, dtype="integer", within=(0, self.classes))
        elif guidance:
            expect.refuse("y", None, "classes (B,): guidance needs them")

        def denoise(x_t: Tensor, t: float) -> Tensor:
            each = x_t.new_full((len(x_t),), t)
            out = self(x_t, each, y)
            if guidance:
                out = (1 + guidance) * out - guidance * self(x_t, each)
            return denoised_and_noise(self.path, self.predicts, x_t, out, t)[0]

        return denoise

    @torch.no_grad()
    @expect.door(n=">= 1", steps=">= 1", y="B; integer", guidance=">= 0")
    def sample(
        self, n: int, *, steps: int = 50, sampler: Sampler = "ddim", y: Tensor | None = None, guidance: float = 0.0
    ) -> Tensor:
        """Draw n samples (n, *shape) from noise in so many steps; see `draw` and `denoiser`."""
        if y is not None:
            expect.tensor("y", y, f"{n}", dtype="integer")
        like, denoise = next(self.parameters()), self.denoiser(y, guidance)
        # the steps are float32, whatever the weights are
        start = torch.randn(n, *self.shape, device=like.device)
        return draw(denoise, start, times(steps), sampler=sampler, path=self.path).to(like.dtype)
