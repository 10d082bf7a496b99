"""What every flow of pixels is measured by."""

import torch
from torch import Tensor

from gmcourse.flows import Dequantized, Flow
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.reproducible import generator


def likelihood(
    flow: Flow, pixels: Tensor, grey_levels: int = 256, *, batch: int = 100
) -> tuple[float, float]:
    """Measure the bound on the likelihood of whole numbers (N, …) dequantised once: nats, and bits per dimension."""
    bounds: list[Tensor] = []
    for part in pixels.split(batch):
        noise = torch.rand(part.shape, generator=generator(len(bounds))).to(part.device)
        bounds.append(Dequantized(flow, grey_levels).log_prob(part, noise=noise))
    mean = torch.cat(bounds).mean()
    return float(mean), float(bits_per_dim(mean, pixels[0].numel()))
