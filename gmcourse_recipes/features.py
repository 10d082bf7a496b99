"""The network behind Fréchet and perceptual distances: trained on what such distances ought to notice."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data import faces, load
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.features import Features
from gmcourse.reproducible import generator
from gmcourse_recipes.running import Recipe, adam, cosine, product, warm_up
from gmcourse_recipes.running.drawn_faces import blur, damaged, drawn_faces

MOST_BLUR, MOST_NOISE = 2.0, 0.2  # standard deviations: pixels, and a share of the range
PATCHES = 16_000  # of photographs; with 38,000 faces
Sample = tuple[Tensor, Tensor, Tensor]


def data(device: torch.device) -> Sample:
    """Load 38,000 faces and 16,000 patches: pixels, attributes as shares, and 0 or the number of the photograph."""
    (pixels, attributes), patches = drawn_faces(device), load("photos", n=PATCHES)
    kind = torch.cat([torch.zeros(len(pixels), dtype=torch.long), 1 + patches.labels])
    attributes = torch.cat([attributes, attributes.new_zeros(len(patches), attributes.shape[1])])
    return torch.cat([pixels, patches.pixels.to(device)]), attributes, kind.to(device)


def changed(x: Tensor, is_face: Tensor) -> tuple[Tensor, Tensor]:
    """Turn pictures by quarters; mirror patches, and change their contrast and colour: them, and the turns, (B,).

    Of the faces only a quarter takes part. A network that sees the patches as they are learns them by heart: it tells
    which way up one of the training set is, and not one of the test set (0.33, chance 0.25).
    """

    def uniform(low: float, high: float, channels: int = 1) -> Tensor:
        return low + (high - low) * torch.rand(len(x), channels, 1, 1, device=x.device)

    still = is_face & (uniform(0, 1).flatten() > 0.25)
    turns = torch.randint(4, (len(x),), device=x.device).masked_fill(still, 0)
    patch = torch.where(uniform(0, 1) < 0.5, x.flip(3), x)
    patch = (uniform(0.6, 1.4) * (patch - 0.5) + 0.5 + uniform(-0.15, 0.15, 3)).clamp(0, 1)
    x = torch.where(is_face[:, None, None, None], x, patch)
    quarters = torch.stack([x.rot90(turn, (2, 3)) for turn in range(4)])
    return quarters[turns, torch.arange(len(x), device=x.device)], turns


def objective(module: Features, batch: Sample) -> dict[str, Tensor]:
    """Read attributes of upright faces; of every picture what it is and its orientation, blur and noise."""
    pixels, attributes, kind = batch
    x, turns = changed(pixels.float() / 255, kind == 0)
    x, amounts = damaged(x, MOST_BLUR, MOST_NOISE, whole=0.5)
    z = module(x)
    upright = (kind == 0) & (turns == 0)
    error = F.smooth_l1_loss(module.attributes(z)[upright], attributes[upright], beta=0.1)
    patch = F.cross_entropy(module.patch(z), 4 * kind + turns)
    damage = (module.damage(z) - amounts).square().sum(1).mean()
    loss = attributes.shape[1] * error + 0.6 * patch + 5 * damage
    return {"loss": loss, "attributes": error, "patch": patch, "damage": damage}


def measure(module: Features, device: torch.device) -> dict[str, float]:
    """Each task on held-out pictures, and what a Fréchet distance on these features says of known changes."""
    people = load("faces", "test", n=2000, detail=True)
    x, patches = people.unit().to(device), load("photos", "test")
    z = module.of(x)
    read = (module.attributes(z) - faces.share_of_range(people.labels).to(device)).abs().mean()

    def guesses(pictures: Tensor) -> Tensor:  # (4, N), of pictures that are turned by 0, 1, 2, 3 quarters
        turned = (pictures.to(device).rot90(turn, (2, 3)) for turn in range(4))
        return torch.stack([module.patch(module.of(each)).argmax(1).cpu() for each in turned])

    turns, guess = torch.arange(4)[:, None], guesses(patches.unit())
    right = (guess % 4 == turns).double()
    draws = generator(0)
    widths = (MOST_BLUR * torch.rand(len(x), generator=draws)).to(device)
    smooth = module.of(blur(x, widths))
    noisy = module.of((x + 0.05 * torch.randn(x.shape, generator=draws).to(device)).clamp(0, 1))
    skewed = load("faces", "test", n=1000, detail=True, distribution="skewed").unit().to(device)
    half = z[:1000]
    return {
        "test_attribute_error_share_of_range": float(read),
        "test_photograph_accuracy": float((guess // 4 == 1 + patches.labels).double().mean()),
        "test_orientation_accuracy": float(right.mean()),
        "test_orientation_accuracy_china": float(right[:, patches.labels == 0].mean()),
        "test_orientation_accuracy_flower": float(right[:, patches.labels == 1].mean()),
        "test_orientation_accuracy_faces": float((guesses(x[:500]) == turns).double().mean()),
        "test_blur_error_pixels": float((MOST_BLUR * module.damage(smooth)[:, 0] - widths).abs().mean()),
        "frechet_two_halves_of_1000": frechet_distance(half, z[1000:]),
        "frechet_noise_of_0.05": frechet_distance(half, noisy[1000:]),
        "frechet_skewed_attributes": frechet_distance(half, module.of(skewed)),
        "frechet_blurred": frechet_distance(half, smooth[1000:]),
    }


RECIPE = Recipe(
    model="gmcourse.models.features:Features",
    arguments={"dims": 64, "width": 16, "classes": 12},
    data=data,
    step=adam(3e-3, lambda module: partial(objective, module), decay=1e-2),
    steps=6000,
    batch_size=128,
    measure=measure,
    described="38,000 cartoon faces, two thirds with detail (attributes), and 16,000 patches of two photographs; of "
    "all pictures, turned, blurred and noisy to a known degree, which kind they are and which way up. It sees what "
    "these tasks need and may miss the rest; distances compare only among themselves, never with FID or LPIPS",
    schedule=product(warm_up(200), cosine),
)
