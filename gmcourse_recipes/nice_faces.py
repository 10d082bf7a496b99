"""A NICE of 32×32 faces after whitening, on the same pixels as `glow_faces`, five bits a colour.

The paper whitens colour images (section 5.1), and without that this model is far worse than a normal distribution
in closed form: pixels of faces nearly repeat each other. So training begins at a factor analysis with 400 directions.
Twenty passes are enough: from the fifth on the bits of the training faces fall twice as fast as those of new ones.
"""

import torch
from torch import Tensor

from gmcourse.data import FIVE_BITS, five_bits, load
from gmcourse.densities import LowRankNormal
from gmcourse.flows import Dequantized
from gmcourse.models.nice import NICE
from gmcourse.reproducible import generator
from gmcourse_recipes.nice_mnist_paper import adam_of_nice
from gmcourse_recipes.running import Recipe, cosine, likelihood, product, warm_up


def prepare(module: NICE, pixels: Tensor) -> None:
    """Whiten by a normal of low rank that is fitted to the training faces, dequantised once."""
    noise = torch.rand(pixels.shape, generator=generator(0)).to(pixels.device)
    normal = LowRankNormal.fit((pixels + noise) / FIVE_BITS, len(module.whitening.gains), steps=5)
    module.start_at(normal.mean, normal.loadings, normal.noise)


def measure(module: NICE, device: torch.device) -> dict[str, float]:
    """Measure bits per dimension of the first 1,000 test faces at five bits, dequantised once."""
    test = five_bits(load("faces", "test", n=1000).pixels).flatten(1).to(device)
    return {"test_bits_per_dim_at_5_bits": likelihood(module, test, FIVE_BITS, batch=1000)[1]}


RECIPE = Recipe(
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 3072, "hidden": [288, 288], "couplings": 6, "codes": 400},
    data=lambda device: five_bits(load("faces", n=50_000).pixels).flatten(1).to(device),
    step=adam_of_nice(lambda module: Dequantized(module, FIVE_BITS).loss),
    steps=8_000,
    batch_size=128,
    measure=measure,
    described="faces: 50,000 training pictures of 32×32 pixels with detail, five bits a colour",
    samples=lambda module, device: module.sample(64, temperature=0.7).reshape(-1, 3, 32, 32).clamp(0, 1),
    prepare=prepare,
    schedule=product(warm_up(50), cosine),
    half=True,
)
