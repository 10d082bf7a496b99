"""The attribute network: 116,000 drawn faces, one in ten of them clean, blurred and noised a little as it goes."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import zoo
from gmcourse.data import Images, faces, load
from gmcourse.models.attribute_network import AttributeNetwork
from gmcourse.reproducible import generator, seed_torch
from gmcourse_recipes.running import Recipe, adam, cosine
from gmcourse_recipes.running.drawn_faces import blur, damaged, drawn_faces

MOST_BLUR, MOST_NOISE = 1.0, 0.06  # standard deviations: pixels, and a share of the range
FITTED = 30


def objective(module: AttributeNetwork, batch: tuple[Tensor, Tensor]) -> Tensor:
    """The Huber loss, on pictures of which a third is left sharp and a third is left free of noise."""
    pixels, attributes = batch
    x, _ = damaged(pixels.float() / 255, MOST_BLUR, MOST_NOISE)
    return F.smooth_l1_loss(module.share_of_range(x), attributes, beta=0.1)


def _errors(module: AttributeNetwork, x: Tensor, labels: Tensor, device: torch.device) -> Tensor:
    """Measure the mean absolute error of each attribute, as a share of its range, (18,)."""
    read = torch.cat([module.share_of_range(part.to(device)).cpu() for part in x.split(500)])
    return (read - faces.share_of_range(labels)).abs().mean(0)


def beside_fits(module: AttributeNetwork, people: Images, device: torch.device) -> dict[str, float]:
    """Compare the network with `faces.fit` on 30 held-out and 30 generated faces each, which have no labels.

    The fit errs too, most of all on what detail hides: its own error on held-out faces is measured with the others.
    """
    seed_torch(0)
    glow: Any = zoo.load("glow_faces", device)
    stylegan2: Any = zoo.load("stylegan2_faces", device)
    vae: Any = zoo.load("vae_faces_two_levels", device)
    drawn = {"glow": glow.sample(FITTED), "stylegan2": stylegan2.sample(FITTED), "vae": vae.sample(FITTED)}
    found, fits = {}, {}
    for name, x in {"held_out": people.unit()[:FITTED].to(device), **drawn}.items():
        fits[name], residual = faces.fit(x.clamp(0, 1))
        difference = _errors(module, x.clamp(0, 1), fits[name].cpu(), device).mean()
        found[f"difference_from_fit_{name}_share_of_range"] = float(difference)
        found[f"fit_pixel_error_{name}"] = float(residual.mean())
    own = faces.share_of_range(fits["held_out"].cpu()) - faces.share_of_range(people.labels[:FITTED])
    return found | {"error_of_fit_share_of_range": float(own.abs().mean())}


def measure(module: AttributeNetwork, device: torch.device) -> dict[str, float]:
    """Measure errors on 2,000 held-out faces: of each attribute, and for clean, blurred and noisy ones."""
    people, clean = (load("faces", "test", n=2000, detail=detail) for detail in (True, False))
    x, truth = people.unit(), faces.share_of_range(people.labels)
    noisy = (x + MOST_NOISE * torch.randn(x.shape, generator=generator(0))).clamp(0, 1)
    smooth = blur(x, torch.full((len(x),), MOST_BLUR))
    kinds = {"": x, "clean_": clean.unit(), "blurred_": smooth, "noisy_": noisy}
    errors = {kind: _errors(module, each, people.labels, device) for kind, each in kinds.items()}
    errors |= {f"{name}_": error for name, error in zip(faces.NAMES, errors[""], strict=True)}
    return {
        **{f"test_error_{kind}share_of_range": float(error.mean()) for kind, error in errors.items()},
        "test_error_of_the_median_share_of_range": float((truth - truth.median(0).values).abs().mean()),
        **beside_fits(module, people, device),
    }


RECIPE = Recipe(
    model="gmcourse.models.attribute_network:AttributeNetwork",
    arguments={"width": 24, "hidden": 128},
    data=partial(drawn_faces, times=4),
    step=adam(3e-3, lambda module: partial(objective, module), decay=1e-2),
    steps=15_000,
    batch_size=64,
    measure=measure,
    described="104,000 detailed and 12,000 clean cartoon faces of 3×32×32 pixels, natural and uniform attributes, "
    "blurred and noised a little; errors are mean absolute errors as shares of each attribute's range",
    schedule=cosine,
    half=True,
)
