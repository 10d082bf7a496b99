"""StyleGAN2 on cartoon faces of 32×32 pixels: every part of the paper, at a size that one CPU core can train.

Against the paper: 64 feature maps at most (512), z and w of width 64 (512), a mapping network of four layers
(eight), 16 pictures a step (32), γ = 0.1 for R1 (10), as `dcgan_faces` has, and a rate of 0.01 (0.002): a run of
96,000 steps is short, and one with 0.0025 and γ = 0.5 stood at a Fréchet distance of 1.14 after 24,000.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gmcourse import zoo
from gmcourse.adversarial import Adversarial
from gmcourse.data import load
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.perceptual import path_length
from gmcourse.models.features import SIZE, Features
from gmcourse.models.stylegan2 import Discriminator, Generator, as_pictures
from gmcourse.models.stylegan2.game import game
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training import Callback, History, Step
from gmcourse_recipes.running import Recipe

SIZES = {"resolution": 32, "channel_base": 1024, "channel_max": 64}


def data(device: torch.device, size: int = 32) -> Tensor:
    """Load 20,000 training faces of so many pixels a side, (N, 3, size, size) in [−1, 1]."""
    return (load("faces", n=20_000, size=size).unit() * 2 - 1).to(device)


def step(module: Any, device: torch.device, size: dict[str, int] = SIZES, **how: Any) -> Adversarial:
    """Use R1 at every 16th step, the path length with weight 2 at every 8th, both lazy."""
    return game(module, Discriminator(**size).to(device), **{"lr": 0.01, "r1_gamma": 0.1, "ema_half_life": 400} | how)


def shares(step: Step) -> list[Callback]:
    """A curve for each resolution: the deviation of what it adds, over pixels and 64 fixed latents."""
    network: Any = step.module
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
    """Draw 21 pictures of fixed latents, to look at on the way."""
    z = torch.randn(21, module.mapping.z_dim, generator=generator(2)).to(device)
    return as_pictures(module(z, noise="fixed"))


def at_32(x: Tensor) -> Tensor:
    """Show the feature network pictures of 16, 32 or 64 pixels a side: of the largest, the means of 2×2 pixels."""
    return interpolate(x, SIZE, mode="bilinear")


def judged(network: Generator, features: Features, z: Tensor, test: Tensor, at_once: int) -> tuple[float, float]:
    """Measure the Fréchet distance of samples of z to features (N, D) of test faces, and the path length in w."""
    samples = torch.cat([as_pictures(network(part)) for part in z.split(at_once)])
    start, end = network.mapping(z).chunk(2)

    def picture(w: Tensor) -> Tensor:
        ws = w[:, None].expand(-1, network.synthesis.n_styles, -1)
        return at_32(as_pictures(network.synthesis(ws, "fixed")))

    distance = frechet_distance(test, features.of(at_32(samples)))
    return distance, path_length(picture, features.distance, start, end)


def real(n: int, size: int, device: torch.device) -> tuple[Features, Tensor, Tensor]:
    """Load the feature network, and compute with it the features of n test faces and of n training faces."""
    features: Any = zoo.load("features", device)
    test, known = (load("faces", part, n=n, size=size).to(device).unit() for part in ("test", "train"))
    return features, features.of(at_32(test)), features.of(at_32(known))


def coverage(network: Generator, features: Features, test: Tensor, known: Tensor) -> dict[str, float]:
    """Measure precision and recall of five draws, each of as many samples as there are test faces, (N, D).

    Of both the mean, the standard deviation over the draws, and the floor: that of as many training faces.
    """
    shares = []
    for seed in range(5):
        seed_torch(seed)
        made = [features.of(at_32(network.sample(len(part)))) for part in test.split(250)]
        shares.append(precision_recall(test, torch.cat(made)))
    deviation, mean = torch.std_mean(torch.tensor(shares, dtype=torch.float64), 0)
    rows = {"": mean.tolist(), "_deviation": deviation.tolist(), "_train_to_test": precision_recall(test, known)}
    return {f"{name}{row}": both[k] for row, both in rows.items() for k, name in enumerate(("precision", "recall"))}


def measure(module: Generator, device: torch.device) -> Mapping[str, float]:
    """Measure the Fréchet distance of 2,000 samples to the 2,000 test faces, its floor, and the path length in w.

    Precision and recall are of thousands: five draws against the first thousand test faces.
    """
    features, test, known = real(2000, module.synthesis.resolution, device)
    z = torch.randn(2000, module.mapping.z_dim, generator=generator(0)).to(device)
    torch.manual_seed(0)
    distances = judged(module, features, z, test, 250)
    names = ("frechet", "perceptual_path_length", "frechet_train_to_test")
    found = dict(zip(names, (*distances, frechet_distance(test, known)), strict=True))
    return found | coverage(module, features, test[:1000], known[:1000])


RECIPE = Recipe(
    model="gmcourse.models.stylegan2:Generator",
    arguments={"z_dim": 64, "w_dim": 64, "mapping_layers": 4, "style_mixing": 0.9} | SIZES,
    data=data,
    step=step,
    steps=96_000,
    batch_size=16,
    measure=measure,
    described="faces: 20,000 training pictures of 32×32 pixels with details",
    callbacks=shares,
    samples=samples,
    half=True,
)
