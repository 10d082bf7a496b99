"""The network behind Fréchet and perceptual distances: trained on what such distances ought to notice."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data import faces, load
from gmcourse.data.blur import blur
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.features import Features
from gmcourse.recipes.running import Recipe
from gmcourse.reproducible import generator
from gmcourse.training import Minimize
from gmcourse.training.schedules import cosine

MOST_BLUR, MOST_NOISE = 2.0, 0.2  # standard deviations: pixels, and a share of the range
Sample = tuple[Tensor, Tensor, Tensor]


def data(device: torch.device) -> Sample:
    """Load 10,000 detailed faces and 4,000 patches of photographs: pixels, scaled attributes, photograph or −1."""
    people = [faces.load(n=5000, detail=True, distribution=name) for name in ("natural", "uniform")]
    patches = load("photos")
    pixels = torch.cat([*(each.pixels for each in people), patches.pixels])
    labels = faces.share_of_range(torch.cat([each.labels for each in people]))
    attributes = torch.cat([labels, labels.new_zeros(len(patches), labels.shape[1])])
    photograph = torch.cat([torch.full((len(labels),), -1), patches.labels])
    return pixels.to(device), attributes.to(device), photograph.to(device)


def objective(module: Features, batch: Sample) -> dict[str, Tensor]:
    """Predict attributes of faces; photograph and orientation of patches; blur and noise of both."""
    pixels, attributes, photograph = batch
    x, is_face = pixels.float() / 255, photograph < 0
    turns = torch.randint(4, (len(x),), device=x.device).masked_fill(is_face, 0)
    x = torch.stack([image.rot90(int(turn), (1, 2)) for image, turn in zip(x, turns, strict=True)])
    # a third of the pictures whole, in each respect
    amounts = (1.5 * torch.rand(len(x), 2, device=x.device) - 0.5).clamp_min(0)
    x = blur(x, MOST_BLUR * amounts[:, 0])
    x = x + MOST_NOISE * amounts[:, 1, None, None, None] * torch.randn_like(x)
    z = module(x.clamp(0, 1))
    error = (module.attributes(z) - attributes).square().sum(1)[is_face].mean()
    patch = F.cross_entropy(module.patch(z)[~is_face], (4 * photograph + turns)[~is_face])
    damage = (module.damage(z) - amounts).square().sum(1).mean()
    return {"loss": error + 0.3 * patch + 5 * damage, "attributes": error, "patch": patch, "damage": damage}


def step(module: Any, device: torch.device) -> Minimize:
    """Use Adam on the sum of the three losses."""
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    return Minimize(lambda batch: objective(module, batch), module, optimizer)


@torch.no_grad()
def measure(module: Features, device: torch.device) -> dict[str, float]:
    """Each task on held-out pictures, and what a Fréchet distance on these features says of known changes."""
    people = load("faces", "test", n=2000, detail=True)
    x, patches = people.unit().to(device), load("photos", "test")
    turned = torch.cat([patches.unit().rot90(turn, (2, 3)) for turn in range(4)]).to(device)
    turns, photograph = torch.arange(4).repeat_interleave(len(patches)), patches.labels.repeat(4)
    z = module.of(x)
    read = (module.attributes(z) - faces.share_of_range(people.labels).to(device)).abs().mean()
    guess = module.patch(module.of(turned)).argmax(1).cpu()
    draws = generator(0)
    widths = (MOST_BLUR * torch.rand(len(x), generator=draws)).to(device)
    smooth = module.of(blur(x, widths))
    noisy = module.of((x + 0.05 * torch.randn(x.shape, generator=draws).to(device)).clamp(0, 1))
    skewed = load("faces", "test", n=1000, detail=True, distribution="skewed").unit().to(device)
    half = z[:1000]
    return {
        "test_attribute_error_share_of_range": float(read),
        "test_photograph_accuracy": float((guess // 4 == photograph).double().mean()),
        "test_orientation_accuracy": float((guess % 4 == turns).double().mean()),
        "test_blur_error_pixels": float((MOST_BLUR * module.damage(smooth)[:, 0] - widths).abs().mean()),
        "frechet_two_halves_of_1000": frechet_distance(half, z[1000:]),
        "frechet_noise_of_0.05": frechet_distance(half, noisy[1000:]),
        "frechet_skewed_attributes": frechet_distance(half, module.of(skewed)),
        "frechet_blurred": frechet_distance(half, smooth[1000:]),
    }


RECIPE = Recipe(
    name="features",
    model="gmcourse.models.features:Features",
    arguments={"dims": 64, "width": 16},
    data=data,
    step=step,
    steps=3500,
    batch_size=128,
    measure=measure,
    described="10,000 detailed cartoon faces (attributes), 4,000 patches of two photographs (which, and which "
    "way up), all blurred and noisy to a known degree. It sees what these tasks need and may miss the rest; "
    "distances compare only among themselves, never with FID or LPIPS",
    schedule=cosine,
)
