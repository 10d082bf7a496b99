"""A PixelCNN of the faces of 32×32 pixels with five bits a colour: what Glow and the flows say of them, exactly."""

import torch
from torch import Tensor

from gmcourse.data.images import FIVE_BITS, five_bits
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import PixelCNN
from gmcourse.training.schedules import cosine, product, warm_up
from gmcourse_recipes import flow_matching_faces
from gmcourse_recipes.running import Recipe, adam
from gmcourse_recipes.vae_faces import faces


def data(device: torch.device) -> Tensor:
    """Load 50,000 faces as they are written: 3,072 numbers from 0 to 31 each."""
    return five_bits(faces("train").pixels).movedim(1, 3).flatten(1).to(device)


def pictures_of(module: PixelCNN, n: int) -> Tensor:
    """Draw n pictures (n, 3, 32, 32) in [0, 1]."""
    return (module.pictures(flow_matching_faces.samples_of(module, n)) + 0.5) / FIVE_BITS


def measure(module: PixelCNN, device: torch.device) -> dict[str, float]:
    """Measure bits per dimension of 1,000 test faces, exactly, and as many samples as `flow_matching_faces` does."""
    test = five_bits(faces("test").pixels[:1000]).to(device)
    log_p = torch.cat([module.log_prob(module.written(x)) for x in test.split(50)])
    bits, name = bits_per_dim(log_p, module.dims), "test_bits_per_dim_at_5_bits"
    found = flow_matching_faces.measure(module, device, ways=[("pixel_by_pixel", {})], draw=pictures_of)
    return {name: float(bits.mean()), f"{name}_error": float(bits.std() / len(bits) ** 0.5)} | found


RECIPE = Recipe(
    model="gmcourse.models.autoregressive:PixelCNN",
    arguments={"shape": [32, 32], "levels": FIVE_BITS, "colours": 3},
    data=data,
    step=adam(2e-3, average=0.999, clip=1.0),
    steps=12_000,
    batch_size=16,
    measure=measure,
    described="faces: 50,000 detailed cartoon faces of 32×32 pixels, five bits a colour",
    schedule=product(warm_up(200), cosine),
    samples=lambda module, device: pictures_of(module, 20),
    half=True,
)
