"""A causal transformer of characters, on the course's own prose."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.data import prose
from gmcourse.metrics.likelihood import nats_to_bits
from gmcourse.models.autoregressive import Transformer
from gmcourse_recipes.running import Recipe, adam, cosine, product, warm_up

LENGTH = 128  # characters that it can look back on


def data(device: torch.device) -> Callable[[torch.Generator, int], Tensor]:
    """Draw windows of the text at each step."""
    windows = prose.load().to(device).unfold(0, LENGTH, 1)
    return lambda draws, n: windows[torch.randint(len(windows), (n,), generator=draws).to(device)]


def measure(module: Transformer, device: torch.device) -> dict[str, float]:
    """Measure bits per character of the held-out text, each after at least 64 characters before it."""
    windows = prose.load("test").to(device).unfold(0, LENGTH, LENGTH // 2)
    late = torch.cat([module.each_log_prob(part)[:, LENGTH // 2 :] for part in windows.split(64)])
    return {"test_bits_per_character": float(nats_to_bits(-late.mean()))}


RECIPE = Recipe(
    model="gmcourse.models.autoregressive:Transformer",
    arguments={"dims": LENGTH, "levels": len(prose.ALPHABET), "width": 96, "dropout": 0.1},
    data=data,
    step=adam(3e-3, decay=0.1, clip=1.0),
    steps=1200,
    batch_size=32,
    measure=measure,
    described="prose: 177,942 characters of this course",
    schedule=product(warm_up(50), cosine),
    half=True,
)
