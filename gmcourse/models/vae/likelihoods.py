"""What a decoder's output means: three families for p_θ(x|z), each of images in [0, 1].

Only the discretised logistic is a probability of the pixels as they are stored. The Bernoulli is one for
black and white images (on grey ones its value is a loss, not a likelihood); the Gaussian is a density.

All are built alike, as `Family(grey_levels)`, so that a VAE can choose by name.
"""

import math
from abc import abstractmethod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.precision import at_least_single, single


class Likelihood(nn.Module):
    """A family p(x|out) around sigmoid(out), `out` being what a decoder gave, of x's shape (B, C, H, W)."""

    @expect.door(grey_levels=">= 2")
    def __init__(self, grey_levels: int = 256) -> None:
        super().__init__()
        self.grey_levels = grey_levels

    @abstractmethod
    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """Compute log p(x) in nats, summed over all but the first dimension, shape (B,)."""

    def mean(self, out: Tensor) -> Tensor:
        """Compute the mean images in [0, 1], sigmoid(out)."""
        return out.sigmoid()


class _LogBernoulli(torch.autograd.Function):
    """(x − 1[out > 0]) · out − log(1 + e^−|out|), without `log1p`: AVX-512 has no fast one (torch 2.14)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, out: Tensor) -> Tensor:
        small = out.abs().neg_().exp_()
        more = 1 + small
        small.sub_(more - 1).add_(more.log_())  # the digits of a small summand that the sum has not kept, and its log
        return torch.addcmul(-out.relu(), x, out).sub_(small)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, out = ctx.saved_tensors
        return gradients[0] * out if ctx.needs_input_grad[0] else None, gradients[0] * (x - out.sigmoid())


class Bernoulli(Likelihood):
    """log p = Σ x log π + (1 − x) log(1 − π), with π = sigmoid(out) (Kingma & Welling, appendix C.1)."""

    @at_least_single
    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """A log-probability for x in {0, 1}. For grey x in between it is minus the cross-entropy."""
        expect.same_shape(x=x, out=out)
        return _LogBernoulli.apply(x, out).flatten(1).sum(1)  # from logits: log(sigmoid) underflows


class Gaussian(Likelihood):
    """log N(x; sigmoid(out), σ² I) with one learned σ for all pixels (Rybkin et al. 2021, arXiv:2006.13202).

    With σ² = ½ held fixed its negative is ‖x − x̂‖² + constant: the squared error of the lecture's slide.
    """

    def __init__(self, grey_levels: int = 256) -> None:
        super().__init__(grey_levels)
        self.log_sigma = nn.Parameter(torch.tensor(math.log(0.2)))

    @at_least_single
    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """A log-density: it can be positive, and tells nothing about whole-number pixels by itself."""
        log_sigma = single(self.log_sigma).clamp(-4, 1)
        error = (x - out.sigmoid()).square() * (-2 * log_sigma).exp()
        return (-0.5 * (error + math.log(2 * math.pi)) - log_sigma).flatten(1).sum(1)


class DiscretisedLogistic(Likelihood):
    """P(level) = F(upper edge) − F(lower edge) of a logistic around sigmoid(out), one learned scale.

    The outermost levels take the whole tail, so that the probabilities of all levels add up to one
    (Kingma et al. 2016, arXiv:1606.04934, appendix).
    """

    def __init__(self, grey_levels: int = 256) -> None:
        super().__init__(grey_levels)
        self.log_scale = nn.Parameter(torch.tensor(math.log(0.1)))

    @at_least_single
    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """The log-probability of the stored pixels; x holds grey_levels / (grey_levels − 1)."""
        half = 0.5 / (self.grey_levels - 1)
        slope = (-single(self.log_scale).clamp(-6, 2)).exp()
        centred = x - out.sigmoid()
        below, above = slope * (centred - half), slope * (centred + half)
        # log(F(above) − F(below)) = log F(above) + log(1 − F(below)) + log(1 − e^(below − above))
        inside = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(below - above))
        inside = torch.where(x > 1 - half, F.logsigmoid(-below), inside)
        return torch.where(x < half, F.logsigmoid(above), inside).flatten(1).sum(1)


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "discretised_logistic": DiscretisedLogistic,
}
