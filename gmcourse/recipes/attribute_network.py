"""The attribute network: 38,000 drawn faces, a third of them clean, blurred and noised a little as it goes."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data import faces, load
from gmcourse.data.blur import blur
from gmcourse.models.attribute_network import AttributeNetwork
from gmcourse.recipes.running import Recipe
from gmcourse.reproducible import generator
from gmcourse.training import Minimize
from gmcourse.training.schedules import cosine

MOST_BLUR, MOST_NOISE = 1.0, 0.06  # standard deviations: pixels, and a share of the range
SETS = (
    ("natural", True, 16_000),
    ("uniform", True, 10_000),
    ("natural", False, 8_000),
    ("uniform", False, 4_000),
)
Sample = tuple[Tensor, Tensor]


def data(device: torch.device) -> Sample:
    """Load pixels, and attributes as shares of their ranges."""
    parts = [faces.load(n=n, detail=detail, distribution=name) for name, detail, n in SETS]
    pixels = torch.cat([part.pixels for part in parts])
    return pixels.to(device), faces.share_of_range(torch.cat([part.labels for part in parts])).to(device)


def objective(module: AttributeNetwork, batch: Sample) -> Tensor:
    """The Huber loss, on pictures of which a third is left sharp and a third is left free of noise."""
    pixels, attributes = batch
    x = pixels.float() / 255
    amounts = (1.5 * torch.rand(len(x), 2, device=x.device) - 0.5).clamp_min(0)
    x = blur(x, MOST_BLUR * amounts[:, 0])
    x = (x + MOST_NOISE * amounts[:, 1, None, None, None] * torch.randn_like(x)).clamp(0, 1)
    return F.smooth_l1_loss(module.share_of_range(x), attributes, beta=0.1)


def step(module: Any, device: torch.device) -> Minimize:
    """Use AdamW on the Huber loss."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=1e-2)
    return Minimize(lambda batch: objective(module, batch), module, optimizer)


def _errors(module: AttributeNetwork, x: Tensor, labels: Tensor, device: torch.device) -> Tensor:
    """Measure the mean absolute error of each attribute, as a share of its range, (18,)."""
    read = torch.cat([module.share_of_range(part.to(device)).cpu() for part in x.split(500)])
    return (read - faces.share_of_range(labels)).abs().mean(0)


@torch.no_grad()
def measure(module: AttributeNetwork, device: torch.device) -> dict[str, float]:
    """Measure errors on 2,000 held-out faces: of each attribute, and for clean, blurred and noisy ones."""
    people, clean = load("faces", "test", n=2000, detail=True), load("faces", "test", n=2000, detail=False)
    x = people.unit()
    smooth = blur(x, torch.full((len(x),), MOST_BLUR))
    noisy = (x + MOST_NOISE * torch.randn(x.shape, generator=generator(0))).clamp(0, 1)
    each = _errors(module, x, people.labels, device)
    truth = faces.share_of_range(people.labels)
    return {
        "test_error_share_of_range": float(each.mean()),
        "test_error_clean_share_of_range": float(_errors(module, clean.unit(), clean.labels, device).mean()),
        "test_error_blurred_share_of_range": float(_errors(module, smooth, people.labels, device).mean()),
        "test_error_noisy_share_of_range": float(_errors(module, noisy, people.labels, device).mean()),
        "test_error_of_the_median_share_of_range": float((truth - truth.median(0).values).abs().mean()),
        **{
            f"test_error_{name}_share_of_range": float(error)
            for name, error in zip(faces.NAMES, each, strict=True)
        },
    }


RECIPE = Recipe(
    name="attribute_network",
    model="gmcourse.models.attribute_network:AttributeNetwork",
    arguments={"width": 16, "hidden": 128},
    data=data,
    step=step,
    steps=5000,
    batch_size=64,
    measure=measure,
    described="26,000 detailed and 12,000 clean cartoon faces of 3×32×32 pixels, natural and uniform attributes, "
    "blurred and noised a little; errors are mean absolute errors as shares of each attribute's range",
    schedule=cosine,
)
