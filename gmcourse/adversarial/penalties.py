"""What keeps the game from running away: penalties on slopes and on the path length, and how often they come."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.precision import single


@dataclass(frozen=True)
class Lazy:
    """A penalty with its name and its rhythm.

    Attributes:
        name: the name of its curve in the history.
        penalty: for the discriminator `penalty(real, fake)`, for the generator `penalty(z)`; a scalar, its
            weight included. An `nn.Module` has its buffers saved with the training state.
        every: k. With k = 1 it is added to the loss; with k > 1 it is multiplied by k and has an optimiser
            step of its own at every k-th step. The paper has 16 for R1 and 8 for the path length; the
            authors' later code has 4 for the latter.
    """

    name: str
    penalty: Callable[..., Tensor]
    every: int = 1

    def __post_init__(self) -> None:
        expect.fields(self, every=">= 1")


@expect.door(lr=">= 0", betas=">= 0 < 1", every=">= 1")
def lazy_adam(
    parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float] = (0.0, 0.99), *, every: int = 1
) -> torch.optim.Adam:
    """Adam for a player whose penalty comes at every k-th step: lr·c, β₁ᶜ, β₂ᶜ with c = k/(k + 1).

    Karras et al. 2020 (arXiv:1912.04958), appendix B. A penalty at every k-th step with weight k has the same
    expected gradient. It has an optimiser step of its own, so there are k + 1 steps where there were k: c corrects
    rate and memory for that, though Adam's updates agree only nearly, since Adam is not linear in the gradient. `lr`
    and `betas` are those without it, and `every` is k; with k = 1 the penalty shares the loss's step: no correction.
    """
    c = every / (every + 1) if every > 1 else 1.0
    return torch.optim.Adam(parameters, lr=lr * c, betas=(betas[0] ** c, betas[1] ** c), fused=True)


Network = Callable[[Tensor], Tensor]


def one_logit_each(logits: Tensor, samples: int) -> Tensor:
    """Return the logits; refuse them unless they are one a sample."""
    name = "what the discriminator gave as logits"
    if tuple(expect.tensor(name, logits, finite=False).shape) not in ((samples,), (samples, 1)):
        expect.refuse(name, f"{tuple(logits.shape)} for {samples} samples", "(B,) or (B, 1)")
    return logits


@expect.door(x="B …; unseen")
def input_gradients(discriminator: Network, x: Tensor) -> Tensor:
    """Differentiate the one logit of each sample, (B,) or (B, 1), by that sample: x's shape, differentiable again."""
    x = x.detach().requires_grad_(True)
    logits = one_logit_each(discriminator(x), len(x))
    # the sum's gradient holds every sample's own: no logit depends on another sample (but for
    # minibatch statistics, where the authors' code takes the sum too)
    return torch.autograd.grad(logits.sum(), x, create_graph=True)[0]


@expect.door(real="B …; unseen", gamma=">= 0")
def r1_penalty(discriminator: Network, real: Tensor, gamma: float = 10.0) -> Tensor:
    """Compute γ/2 · E‖∇_x D(x)‖² on data only.

    Mescheder et al. 2018 (arXiv:1801.04406), eq. 9. It takes away the slope that would push samples off the
    data once they have arrived there. Squares are summed over a sample's dimensions, and averaged over the batch.
    """
    return gamma / 2 * input_gradients(discriminator, real).flatten(1).square().sum(1).mean()


@expect.door(real="B …; unseen", fake="B …; unseen", weight=">= 0")
def gradient_penalty(discriminator: Network, real: Tensor, fake: Tensor, weight: float = 10) -> Tensor:
    """Compute λ · E(‖∇D(x̂)‖ − 1)², x̂ at a random place on the line from a sample to a data point.

    Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3; λ is `weight`. No logit may depend on other samples.
    """
    at = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device, dtype=real.dtype)
    slopes = input_gradients(discriminator, torch.lerp(fake.detach(), real, at))
    return weight * (torch.linalg.vector_norm(slopes.flatten(1), dim=1) - 1).square().mean()


@expect.door(images="B C H W; unseen", ws="B … D; unseen", noise="B C H W; unseen")
def path_lengths(images: Tensor, ws: Tensor, noise: Tensor | None = None) -> Tensor:
    """‖J_wᵀy‖₂ with y ~ N(0, I)/√(HW): how far the picture moves for a random small move of w.

    Karras et al. 2020 (arXiv:1912.04958), section 3.2. J_wᵀy = ∇_w ⟨g(w), y⟩ needs one backward pass, and no
    Jacobian. The scale 1/√(HW) and the mean over layers are those of the authors' code. Returns (B,), differentiable:
    for L layers the root of the mean over layers of the squared norms. Images are g(w), computed from `ws` with
    gradients switched on; ws are one w a layer, (B, L, D), or (B, D). Noise is y before its scale, by default drawn.
    """
    noise = torch.randn_like(images) if noise is None else noise
    y = noise / math.sqrt(images.shape[2] * images.shape[3])
    gradients = None
    if images.requires_grad and ws.requires_grad:
        (gradients,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True, allow_unused=True)
    if gradients is None:
        expect.refuse("images", "independent of ws", "pictures computed from ws.requires_grad_()")
    per_layer = gradients.square().sum(-1)  # (B, L) or (B,)
    return per_layer.reshape(len(images), -1).mean(1).sqrt()


@expect.door(lengths="B; unseen", mean="; unseen", decay=">= 0 <= 1")
def path_length_penalty(lengths: Tensor, mean: Tensor, decay: float = 0.01) -> tuple[Tensor, Tensor]:
    """E(‖J_wᵀy‖₂ − a)², where a is a running mean of the lengths.

    Karras et al. 2020, eq. 4. As in the authors' code, a is moved first and the new a is used, with the gradient
    going through it; only the a that is kept is cut off. Lengths are (B,), `mean` is a so far, and `decay` is how far
    it moves towards the batch's mean. Returns the penalty, a scalar, and the new a, without a gradient.
    """
    expect.tensor("mean", mean, "", finite=False)
    moved = single(mean).lerp(single(lengths).mean(), decay)  # half precision would round a small move away
    return (lengths - moved).square().mean().to(lengths), moved.detach()


class PathLength(nn.Module):
    """The penalty with its memory: `PathLength(mapping, synthesis)(z)` gives a scalar, and moves a.

    Its buffer `mean` is a, saved with the training state. `mapping` maps z → ws, `synthesis` ws → images. The penalty
    is multiplied by `weight`, γ_pl (2 in the authors' code). Only every `shrink`-th part of the batch is used,
    because second derivatives need memory.
    """

    mean: Tensor

    @expect.door(weight=">= 0", shrink=">= 1")
    def __init__(self, mapping: Network, synthesis: Network, *, weight: float = 2.0, shrink: int = 2) -> None:
        super().__init__()
        # in a tuple, so that the generator's parameters are not registered and saved a second time
        self._networks = (mapping, synthesis)
        self.weight, self.shrink = weight, shrink
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        """Compute γ_pl · E(‖J_wᵀy‖₂ − a)² for latents (B, …)."""
        mapping, synthesis = self._networks
        ws = mapping(z[: max(1, len(z) // self.shrink)])
        lengths = path_lengths(synthesis(ws), ws)
        penalty, moved = path_length_penalty(lengths, self.mean.to(single(lengths)))
        self.mean.copy_(moved)
        return self.weight * penalty
