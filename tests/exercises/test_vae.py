from __future__ import annotations

import torch
from torch.nn import functional as F

from tests.exercises.both_ways import BothWays


class TestVAE(BothWays):
    chapter = "vae"


def test_the_hidden_beta_makes_both_losses_pull_the_same_way() -> None:
    """The law behind the reference of `hidden_beta`, for any picture and any code."""
    generator = torch.Generator().manual_seed(0)
    pixels, latents, variance = 50, 7, 0.3
    x_hat, x, mean = (torch.randn(n, generator=generator).requires_grad_() for n in (pixels, pixels, latents))
    beta, kl = pixels / (2 * variance * latents), 0.5 * mean**2
    losses = F.mse_loss(x_hat, x) + kl.mean(), ((x_hat - x) ** 2).sum() / (2 * variance) + beta * kl.sum()
    ours, theirs = (torch.cat(torch.autograd.grad(loss, [x_hat, mean], retain_graph=True)) for loss in losses)
    assert F.cosine_similarity(ours, theirs, dim=0) > 1 - 1e-5
