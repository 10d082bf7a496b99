"""A Glow of 32×32 faces, as the paper's faces: additive couplings and five bits a colour, only smaller.

Kingma and Dhariwal's CelebA-HQ model has six levels of 32 steps, 512 hidden channels and pictures of 256×256
(appendix C, table 5). One core has an hour and a half for ours.
"""

import torch
from torch import Tensor

from gmcourse.data import FIVE_BITS, Images, five_bits, load
from gmcourse.flows import Dequantized
from gmcourse.models.glow import Glow
from gmcourse_recipes import flow_matching_faces
from gmcourse_recipes.running import Pictures, Recipe, adam, cosine, likelihood, product, warm_up


def faces(split: str) -> Images:
    """Draw 50,000 faces to learn from, 2,000 to measure on."""
    return load("faces", split, n=50_000 if split == "train" else 2000)


def data(device: torch.device, pictures: Pictures = faces) -> Tensor:
    """Load training faces (n, 3, 32, 32) with five bits."""
    return five_bits(pictures("train").pixels).to(device)


def prepare(module: Glow, pixels: Tensor) -> None:
    """Initialise actnorm by 256 pictures."""
    module(Dequantized(module, FIVE_BITS).continuous(pixels[:256]))


def pictures_of(module: Glow, n: int, **how: float) -> Tensor:
    """Draw n pictures (n, 3, 32, 32) in [0, 1]."""
    return flow_matching_faces.samples_of(module, n, **how).clamp(0, 1)


def measure(module: Glow, device: torch.device, pictures: Pictures = faces) -> dict[str, float]:
    """Measure bits per dimension of the first 1,000 test faces, dequantised once, and samples at two temperatures."""
    test = five_bits(pictures("test").pixels[:1000]).to(device)
    ways = [(f"temperature_{t}", {"temperature": t}) for t in (1.0, 0.7)]
    found = flow_matching_faces.measure(module, device, pictures, ways=ways, draw=pictures_of)
    return {"test_bits_per_dim_at_5_bits": likelihood(module, test, FIVE_BITS)[1]} | found


RECIPE = Recipe(
    model="gmcourse.models.glow:Glow",
    arguments={"shape": [3, 32, 32], "n_levels": 3, "n_steps": 8, "hidden_channels": 96, "affine": False},
    data=data,
    step=adam(2e-3, lambda module: Dequantized(module, FIVE_BITS).loss, average=0.999, clip=200.0),
    steps=34_000,
    batch_size=32,
    measure=measure,
    described="faces: 50,000 training pictures of 32×32 pixels with detail, five bits a colour",
    pictures=True,
    samples=lambda module, device: module.sample(40, temperature=0.7),
    prepare=prepare,
    half=True,
    schedule=product(warm_up(50), cosine),
)
