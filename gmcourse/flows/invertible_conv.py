"""The invertible 1×1 convolution: a learned mixing of channels that generalises a permutation."""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.actnorm import ActNorm, positions
from gmcourse.flows.bijection import Bijection, Context, constant

SINGULAR = "the matrix of a 1×1 convolution is singular, so it has no inverse; train with a smaller step"


def _rotation(channels: int) -> Tensor:
    """A random rotation matrix: |det| = 1, so that the first log-determinant is 0."""
    return torch.linalg.qr(torch.randn(channels, channels)).Q.contiguous()


def mix(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute y_c = Σ_k W_ck x_k (+ b_c) at every position, for vectors (B, C) and for images (B, C, H, W).

    A matrix product over the channels, moved to the end, and not `F.conv2d`: three times as fast on a CPU, and
    what it returns lies in memory with the channels together, as the convolutions after it like it best.
    """
    return F.linear(x.movedim(1, -1), weight, bias).movedim(-1, 1)


class Conv1x1(Bijection):
    """z_hw = W x_hw at each position; log_det = H·W·log |det W| (Glow, section 3.2, eq. 9)."""

    @expect.door(channels=">= 1")
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels, self.wanted = channels, f"B {channels} …"

    @abstractmethod
    def matrix(self) -> Tensor:
        """Return the matrix W, (c, c)."""

    @abstractmethod
    def log_abs_det(self) -> Tensor:
        """Compute log |det W|, a scalar."""

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Mix the channels of x; log_det = H·W·log |det W|."""
        self.check(x, context)
        return mix(x, self.matrix()), constant(positions(x) * self.log_abs_det(), x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Mix the channels of z with W⁻¹."""
        self.check(z, context)
        return mix(z, self.inverse_matrix())

    def inverse_matrix(self) -> Tensor:
        """Compute W⁻¹ in float64, since its errors go through all layers below; a singular W is refused."""
        weight = self.matrix()
        inverse, info = torch.linalg.inv_ex(weight.double() if weight.device.type != "mps" else weight)
        if info.any() or not torch.isfinite(inverse).all():
            raise ValueError(SINGULAR)
        return inverse.to(weight.dtype)


class PlainConv1x1(Conv1x1):
    """W itself is the parameter; the determinant costs O(c³)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(_rotation(channels))

    def matrix(self) -> Tensor:
        """Return W, which is learned as it is."""
        return self.weight

    def log_abs_det(self) -> Tensor:
        """Found by LU decomposition; a singular W is refused."""
        log_det: Tensor = torch.linalg.slogdet(self.weight).logabsdet
        if not torch.isfinite(log_det):
            raise ValueError(SINGULAR)
        return log_det


class PLUConv1x1(Conv1x1):
    """W = P L (U + diag(sign · exp(log s))): log |det W| = Σ log s, in O(c) (Glow, eq. 10–11).

    P, a permutation, and the signs are fixed at the start; L (unit lower triangular), U (strictly upper
    triangular) and log s are learned.
    """

    permutation: Tensor
    sign: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        permutation, lower, upper = torch.linalg.lu(_rotation(channels))
        diagonal = upper.diagonal()
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", diagonal.sign())
        self.lower = nn.Parameter(lower.tril(-1).contiguous())
        self.upper = nn.Parameter(upper.triu(1).contiguous())
        self.log_s = nn.Parameter(diagonal.abs().log())

    def matrix(self) -> Tensor:
        """Compute W = P L (U + diag)."""
        eye = torch.eye(self.channels, dtype=self.lower.dtype, device=self.lower.device)
        diagonal = torch.diag(self.sign * self.log_s.exp())
        return self.permutation @ (self.lower.tril(-1) + eye) @ (self.upper.triu(1) + diagonal)

    def log_abs_det(self) -> Tensor:
        """Compute log |det W| = Σ log s."""
        return self.log_s.sum()


class ActNormConv(Bijection):
    """ActNorm and a 1×1 convolution in one pass over x, not two: W(s ⊙ (x + b)) = (W diag s) x + W(s ⊙ b)."""

    @expect.door()
    def __init__(self, actnorm: ActNorm, conv: Conv1x1) -> None:
        super().__init__()
        self.actnorm, self.conv = actnorm, conv

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Apply one convolution with the folded weight."""
        self.check(x, context)
        self.actnorm.check(x)
        self.actnorm.initialise(x)
        scale = self.actnorm.log_scale.exp()
        weight = self.conv.matrix() * scale
        log_det = self.actnorm.log_scale.sum() + self.conv.log_abs_det()
        return mix(x, weight, weight @ self.actnorm.bias), constant(positions(x) * log_det, x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Apply the two inverses, one after the other."""
        self.check(z, context)
        return self.actnorm.inverse(self.conv.inverse(z))
