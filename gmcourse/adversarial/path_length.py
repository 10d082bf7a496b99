"""Path length regularisation: equal steps in w should change the picture by equal amounts."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.expect.door import door


@door(images="B C H W; unseen", ws="B … D; unseen", noise="B C H W; unseen")
def path_lengths(images: Tensor, ws: Tensor, noise: Tensor | None = None) -> Tensor:
    """‖J_wᵀy‖₂ with y ~ N(0, I)/√(HW): how far the picture moves for a random small move of w.

    Karras et al. 2020 (arXiv:1912.04958), section 3.2. J_wᵀy = ∇_w ⟨g(w), y⟩ needs one backward pass, and no
    Jacobian. The scale 1/√(HW) and the mean over layers are those of the authors' code.

    Args:
        images: g(w), (B, C, H, W), computed from `ws` with gradients switched on.
        ws: one w per layer, (B, L, D), or (B, D).
        noise: y before its scale, the images' shape; by default drawn.

    Returns:
        Shape (B,), differentiable: for L layers the root of the mean over layers of the squared norms.
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


@door(lengths="B; unseen", mean="; unseen", decay=">= 0 <= 1")
def path_length_penalty(lengths: Tensor, mean: Tensor, decay: float = 0.01) -> tuple[Tensor, Tensor]:
    """E(‖J_wᵀy‖₂ − a)², where a is a running mean of the lengths.

    Karras et al. 2020, eq. 4. As in the authors' code, a is moved first and the *new* a is used, with the
    gradient going through it; only the a that is kept is cut off.

    Lengths are (B,), `mean` is a so far, and `decay` is how far it moves towards the batch's mean. Returns the
    penalty, a scalar, and the new a, without a gradient.
    """
    expect.tensor("mean", mean, "", finite=False)
    moved = mean.lerp(lengths.mean(), decay)
    return (lengths - moved).square().mean(), moved.detach()


class PathLength(nn.Module):
    """The penalty with its memory: `PathLength(mapping, synthesis)(z)` gives a scalar, and moves a.

    Args:
        mapping: a function z → ws.
        synthesis: a function ws → images.
        weight: γ_pl, by which the penalty is multiplied (2 in the authors' code).
        decay: see `path_length_penalty`.
        shrink: only every `shrink`-th part of the batch is used, because second derivatives need memory.

    Attributes:
        mean: a, saved with the training state.
    """

    mean: Tensor

    @door(weight=">= 0", decay=">= 0 <= 1", shrink=">= 1")
    def __init__(
        self,
        mapping: Callable[[Tensor], Tensor],
        synthesis: Callable[[Tensor], Tensor],
        *,
        weight: float = 2.0,
        decay: float = 0.01,
        shrink: int = 2,
    ) -> None:
        super().__init__()
        # in a tuple, so that the generator's parameters are not registered and saved a second time
        self._networks = (mapping, synthesis)
        self.weight, self.decay, self.shrink = weight, decay, shrink
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        """Compute γ_pl · E(‖J_wᵀy‖₂ − a)² for latents (B, …)."""
        mapping, synthesis = self._networks
        ws = mapping(z[: max(1, len(z) // self.shrink)])
        lengths = path_lengths(synthesis(ws), ws)
        penalty, moved = path_length_penalty(lengths, self.mean.to(lengths), self.decay)
        self.mean.copy_(moved)
        return self.weight * penalty
