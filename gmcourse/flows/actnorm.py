"""Activation normalisation: a scale and a shift for each channel, set by the first batch, then learned."""

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant


def positions(x: Tensor) -> int:
    """Count H·W, or 1 for vectors: as often counts the log-determinant of a map that acts at each position."""
    return x[0, 0].numel()


class SpoilingBatch(ValueError):
    """A first batch from which no scale and shift can be had."""


def first_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Measure the mean and population deviation of each channel of a first batch (B, C, …), over batch and positions.

    A batch that is empty, has NaN or infinity, or a channel of but one value is a `SpoilingBatch`.
    """
    across = [d for d in range(x.ndim) if d != 1]
    shown = f"the first batch, from which layers take their scale and shift, has shape {tuple(x.shape)}"
    if x.numel() == 0:
        raise SpoilingBatch(f"{shown}; expected some samples")
    mean, std = x.mean(across), x.std(across, unbiased=False)
    if not bool((mean.isfinite() & std.isfinite()).all()):
        raise SpoilingBatch(f"{shown} and values that are NaN, infinite or too large; look at the data")
    flat = int((std <= 8 * torch.finfo(x.dtype).eps * mean.abs()).sum())
    if flat:
        raise SpoilingBatch(
            f"{shown}, and {flat} of {len(mean)} channels have but one value; "
            "expected values that differ: pass more samples, with their noise"
        )
    return mean, std


class ActNorm(Bijection):
    """z = (x + b) ⊙ exp(s), one b and one s a channel (Kingma & Dhariwal 2018, arXiv:1807.03039, section 3.1).

    The first batch sets b and s so that each channel of z has mean 0 and variance 1; from then on both are ordinary
    parameters. That the first batch has been seen is part of the state dict. The paper prints s ⊙ x + b; its authors'
    code shifts first, and so do we.
    """

    initialised: Tensor

    @expect.door(channels=">= 1")
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wanted = f"B {channels} …"
        self.bias = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.zeros(channels))
        self.register_buffer("initialised", torch.tensor(False))
        self._fresh = False  # whether the last batch was the first

    @torch.no_grad()
    def initialise(self, x: Tensor) -> None:
        """Set b and s from x (B, C, …), if it is the first batch and does not spoil them."""
        self._fresh = not self.initialised
        if self._fresh:
            mean, std = first_statistics(x)
            self.bias.copy_(-mean)
            self.log_scale.copy_(-(std + 1e-6).log())
            self.initialised.fill_(True)

    @torch.no_grad()
    def forget(self) -> None:
        """Undo `initialise`, if nothing has come through since."""
        if self._fresh:
            for tensor in (self.bias, self.log_scale, self.initialised):
                tensor.zero_()

    def _per_channel(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shape = (1, -1, *[1] * (x.ndim - 2))
        return self.bias.view(shape), self.log_scale.view(shape)

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data to latent with log_det = H·W·Σ s_c."""
        self.check(x, context)
        self.initialise(x)
        bias, log_scale = self._per_channel(x)
        return (x + bias) * log_scale.exp(), constant(positions(x) * self.log_scale.sum(), x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data: z ⊙ exp(−s) − b. Before any batch was seen it is a `RuntimeError`."""
        self.check(z, context)
        if not self.initialised:
            cure = "pass a batch of data forwards, or load weights, first"
            raise RuntimeError(f"ActNorm was not initialised: {cure}")
        bias, log_scale = self._per_channel(z)
        return z * (-log_scale).exp() - bias
