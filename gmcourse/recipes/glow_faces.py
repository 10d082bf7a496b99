"""A Glow of 32×32 faces, as the paper's faces: additive couplings and five bits a colour, only smaller.

Kingma and Dhariwal's CelebA-HQ model has six levels of 32 steps, 512 hidden channels and pictures of 256×256
(appendix C, table 5). One core has minutes for ours.
"""

import torch
from torch import Tensor

from gmcourse.data import FIVE_BITS, Images, five_bits, load
from gmcourse.flows import Dequantized
from gmcourse.models.glow import Glow
from gmcourse.recipes.running import Pictures, Recipe, adam, cosine, likelihood, product, warm_up


def faces(split: str) -> Images:
    """Draw 20,000 faces to learn from, 1,000 to measure on."""
    return load("faces", split, n=20_000 if split == "train" else 1000)


def data(device: torch.device, pictures: Pictures = faces) -> Tensor:
    """Load training faces (n, 3, 32, 32) with five bits."""
    return five_bits(pictures("train").pixels).to(device)


def prepare(module: Glow, pixels: Tensor) -> None:
    """Initialise actnorm by 256 pictures."""
    module(Dequantized(module, FIVE_BITS).continuous(pixels[:256]))


def measure(module: Glow, device: torch.device, pictures: Pictures = faces) -> dict[str, float]:
    """Measure bits per dimension of the first 1,000 test faces at five bits, dequantised once."""
    test = five_bits(pictures("test").pixels[:1000]).to(device)
    return {"test_bits_per_dim_at_5_bits": likelihood(module, test, FIVE_BITS)[1]}


RECIPE = Recipe(
    name="glow_faces",
    model="gmcourse.models.glow:Glow",
    arguments={"shape": [3, 32, 32], "n_levels": 3, "n_steps": 8, "hidden_channels": 48, "affine": False},
    data=data,
    # the average is of the last hundred steps or so
    step=adam(2e-3, lambda module: Dequantized(module, FIVE_BITS).loss, average=0.99, clip=200.0),
    steps=6_000,
    batch_size=32,
    measure=measure,
    described="faces: 20,000 training pictures of 32×32 pixels with detail, five bits a colour",
    pictures=True,
    samples=lambda module, device: module.sample(40, temperature=0.7),
    prepare=prepare,
    schedule=product(warm_up(50), cosine),
)
