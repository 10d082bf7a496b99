"""StyleGAN2 on cartoon faces of 32×32 pixels: every part of the paper, at a size that one CPU core can train.

Against the paper: 64 feature maps at most (512), z and w of width 64 (512), a mapping network of four layers
(eight), 16 pictures a step (32), and γ = 0.5 for R1, since 32×32 pictures have a thousandth of the pixels.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.adversarial import Adversarial
from gmcourse.data import load
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.perceptual_path_length import path_length
from gmcourse.models.stylegan2 import Discriminator, Generator, as_pictures
from gmcourse.models.stylegan2.game import game
from gmcourse.recipes.running import Recipe
from gmcourse.reproducible import generator
from gmcourse.training import Callback, History, Step

RESOLUTION, CHANNELS = 32, {"channel_base": 1024, "channel_max": 64}


def step(module: Any, device: torch.device) -> Adversarial:
    """Use R1 at every 16th step, the path length with weight 2 at every 8th, both lazy."""
    opponent = Discriminator(resolution=RESOLUTION, **CHANNELS).to(device)
    return game(module, opponent, lr=0.0025, r1_gamma=0.5, ema_half_life=300.0)


def shares(step: Step) -> list[Callback]:
    """A curve for each resolution: the deviation of what it adds, over pixels and 64 fixed latents."""
    network = step.module
    assert isinstance(network, Generator)
    z = torch.randn(64, network.mapping.z_dim, generator=generator(1)).to(network.mapping.w_mean.device)

    @torch.no_grad()
    def record(now: int, history: History) -> None:
        if now % 100 == 0:
            network.eval()  # the average of w must not move by looking
            added = network.synthesis.contributions(network.styles(z), "none")
            network.train()
            history.record(now, {f"added_{part.shape[-1]}": float(part.std(0).mean()) for _, part in added})

    return [record]


@torch.no_grad()
def samples(module: Generator, device: torch.device) -> Tensor:
    """Draw 40 pictures of fixed latents, to look at on the way."""
    z = torch.randn(40, module.mapping.z_dim, generator=generator(2)).to(device)
    return as_pictures(module(z, noise="fixed"))


def measure(module: Generator, device: torch.device) -> Mapping[str, float]:
    """Measure the Fréchet distance of 2,000 samples to the 2,000 test faces, its floor, and the path length in w."""
    features: Any = zoo.load("features", device)
    test, real = load("faces", "test").unit().to(device), load("faces", n=2000).unit().to(device)
    draws = generator(0)
    z = torch.randn(2000, module.mapping.z_dim, generator=draws).to(device)
    torch.manual_seed(0)
    samples = torch.cat([as_pictures(module(part)) for part in z.split(250)])
    seen, known, made = (features.of(x) for x in (test, real, samples))
    start, end = module.mapping(z[:1000]), module.mapping(z[1000:])

    def picture(w: Tensor) -> Tensor:
        return as_pictures(module.synthesis(w[:, None].expand(-1, module.synthesis.n_styles, -1), "fixed"))

    return {
        "frechet": frechet_distance(seen, made),
        "frechet_train_to_test": frechet_distance(seen, known),
        "perceptual_path_length": path_length(picture, features.distance, start, end),
    }


RECIPE = Recipe(
    name="stylegan2_faces",
    model="gmcourse.models.stylegan2:Generator",
    arguments={"z_dim": 64, "w_dim": 64, "resolution": RESOLUTION, "mapping_layers": 4, "style_mixing": 0.9}
    | CHANNELS,
    data=lambda device: (load("faces", n=20_000, size=RESOLUTION).unit() * 2 - 1).to(device),
    step=step,
    steps=24_000,
    batch_size=16,
    measure=measure,
    described="faces: 20,000 training pictures of 32×32 pixels with details",
    callbacks=shares,
    samples=samples,
)
