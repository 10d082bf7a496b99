"""Flow matching of cartoon faces, 32×32 pixels, with a small U-Net: lesson 13's, and the last row of the recap."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import zoo
from gmcourse.data.images import FIVE_BITS, five_bits
from gmcourse.flows import Dequantized
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.diffusion import Diffusion
from gmcourse.models.flow_matching import FlowMatching
from gmcourse.reproducible import generator, seed_torch
from gmcourse_recipes.running import Pictures, Recipe, adam, cosine, product, warm_up
from gmcourse_recipes.vae_faces import data, faces

Way = tuple[str, dict[str, Any]]  # a name, and how it samples
WAYS: list[Way] = [
    (f"{solver}_{steps}", {"solver": solver, "steps": steps})
    for solver, most in (("euler", 7), ("heun", 4))
    for steps in (2**power for power in range(solver == "heun", most))
]


def samples_of(module: Any, n: int, **how: Any) -> Tensor:
    """Draw n samples, a hundred at a time."""
    return torch.cat([module.sample(min(100, n - first), **how) for first in range(0, n, 100)])


def pictures_of(module: FlowMatching | Diffusion, n: int, **how: Any) -> Tensor:
    """Draw n pictures (n, 3, 32, 32) in [0, 1]."""
    return (samples_of(module, n, **how) / 2 + 0.5).clamp(0, 1)


def measure(
    module: nn.Module,
    device: torch.device,
    pictures: Pictures = faces,
    *,
    ways: Sequence[Way] = WAYS,
    draw: Callable[..., Tensor] = pictures_of,
) -> dict[str, float]:
    """Measure the Fréchet distance to 1,000 test faces for each way to sample, and what 100 samples take.

    The best of these has precision and recall beside it. Of fewer test pictures, one half stands against the other.
    """
    features: Any = zoo.load("features", device)
    test = pictures("test").unit()[:2000].to(device)
    half = len(test) // 2
    real, other = features.of(test[:half]), features.of(test[half : 2 * half])
    found = {"frechet_floor": frechet_distance(real, other), "frechet": math.inf}
    found["precision_floor"], found["recall_floor"] = precision_recall(real, other)
    for name, how in ways:
        seed_torch(0)
        began = time.process_time()
        made = features.of(draw(module, half, **how))
        found[f"cpu_seconds_a_hundred_{name}"] = (time.process_time() - began) / half * 100
        found[f"frechet_{name}"] = frechet_distance(real, made)
        if found[f"frechet_{name}"] < found["frechet"]:
            found["frechet"] = found[f"frechet_{name}"]
            found["precision"], found["recall"] = precision_recall(real, made)
    return found


def bits(module: FlowMatching, device: torch.device, pictures: Pictures = faces) -> dict[str, float]:
    """Measure the bound of 200 test faces at five bits by 40 steps of Heun with one probe.

    Beside the mean stands its standard error, and by how much the first 50 change with 80 steps.
    """
    test = five_bits(pictures("test").pixels[:200]).to(device)
    noise, name = torch.rand(test.shape, generator=generator(0)).to(device), "test_bits_per_dim_at_5_bits"

    def each(n: int, steps: int) -> Tensor:
        seed_torch(0)  # the same probes for the same faces
        flow = Dequantized(module.flow(steps=steps, probes=1, unit=True), FIVE_BITS)
        parts = zip(test[:n].split(50), noise[:n].split(50), strict=True)
        return bits_per_dim(torch.cat([flow.log_prob(x, noise=u) for x, u in parts]), test[0].numel())

    found = each(len(test), 40)
    more = each(50, 80) - found[:50]
    error = found.std() / len(found) ** 0.5
    return {name: float(found.mean()), f"{name}_error": float(error), f"{name}_by_80_steps": float(more.mean())}


RECIPE = Recipe(
    model="gmcourse.models.flow_matching:FlowMatching",
    arguments={"shape": [3, 32, 32], "network": "unet", "width": 32, "times": "middle"},
    data=data,
    step=adam(2e-3, lambda module: lambda x: module.loss(x / 127.5 - 1), average=0.999, clip=3000.0),
    steps=20_000,
    batch_size=64,
    measure=lambda *given, **pictures: {**measure(*given, **pictures), **bits(*given, **pictures)},
    described="faces: 50,000 detailed cartoon faces of 32×32 pixels",
    schedule=product(warm_up(100), cosine),
    pictures=True,
    samples=lambda module, device: pictures_of(module, 40),
    half=True,
)
