"""From whole-number pixels to a density and back: the one place with the constant between the two."""

import math

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Context
from gmcourse.flows.flow import Flow
from gmcourse.processes import uniform_noise


class Dequantized(nn.Module):
    """A probability of whole-number pixels from a density on [0, 1): uniform dequantisation.

    With x = (pixels + u) / grey_levels, u ~ U[0, 1)^D, Jensen's inequality gives

        log P(pixels) ≥ E_u[log p(x)] − D log grey_levels

    (Theis et al. 2016, arXiv:1511.01844, section 3.1). Without the noise a density could grow without end on
    the grid of the levels. This is not a bijection, and does not claim to be one.
    """

    @expect.door(grey_levels=">= 2")
    def __init__(self, flow: Flow, grey_levels: int = 256) -> None:
        super().__init__()
        self.flow, self.grey_levels = flow, grey_levels

    @expect.door(pixels="…; integer, unseen", noise="…; unseen")
    def continuous(self, pixels: Tensor, noise: Tensor | None = None) -> Tensor:
        """Compute (pixels + noise) / grey_levels, in [0, 1).

        Pixels are whole numbers in 0 … grey_levels − 1, of any integer dtype; on a GPU they are not looked at, so
        that it need not wait. Noise is in [0, 1), in the shape of the pixels; by default drawn anew.
        """
        looked_at = pixels.device.type == "cpu"
        if looked_at:
            expect.tensor("pixels", pixels, dtype="integer", within=(0, self.grey_levels - 1))
        parameter = next(self.flow.parameters(), torch.zeros(()))
        noise = uniform_noise(pixels, parameter.dtype) if noise is None else noise
        expect.tensor("noise", noise, finite=looked_at)
        return (pixels + noise) / self.grey_levels

    @expect.one_dtype
    def log_prob(self, pixels: Tensor, context: Context = None, noise: Tensor | None = None) -> Tensor:
        """Return the bound on log P(pixels) with one draw of the noise, in nats, shape (B,); see `continuous`."""
        x = self.continuous(pixels, noise)
        return self.flow.unchecked_log_prob(x, context) - x[0].numel() * math.log(self.grey_levels)

    def loss(self, pixels: Tensor, context: Context = None) -> Tensor:
        """Return the mean negative bound in nats: what training minimises."""
        return -self.log_prob(pixels, context).mean()
