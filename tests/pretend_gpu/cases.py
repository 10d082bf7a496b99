"""What is tried on a GPU, pretended or real: `CASES[name](device)` gives numbers, which have to be the CPU's.

A drawing gives none; it has to be drawn. `test_cases.py` finds a metric, a figure or a model without a case.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.data.low_resolution import Pairs, pairs
from gmcourse.metrics import (
    divergence,
    diversity,
    frechet,
    likelihood,
    perceptual,
    reconstruction,
)
from gmcourse.models.diffusion import bound, times
from gmcourse.reproducible import generator
from gmcourse.viz import (
    change,
    code_plane,
    feature_maps,
    game,
    image_grid,
    normals,
    plane,
    scores,
    training_curves,
)

Case = Callable[[torch.device], Any]
EXTENT = (-2.0, 2.0, -2.0, 2.0)
NAMES = "0123456789"


def rand(d: torch.device, *shape: int, seed: int = 0, grad: bool = False) -> Tensor:
    """The same numbers in [0, 1] on every device."""
    return torch.rand(shape, generator=generator(seed)).to(d).requires_grad_(grad)


def labels(d: torch.device, n: int) -> Tensor:
    return (torch.arange(n) % 10).to(d)


def log_p(x: Tensor) -> Tensor:
    return -x.square().sum(-1) / 2


def halves(x: Tensor) -> Tensor:
    """A map from the plane to log p(y|x) of two classes."""
    return torch.stack([x[:, 0], -x[:, 0]], 1).log_softmax(1)


def pictures(z: Tensor) -> Tensor:
    return z.sum(1).sigmoid()[:, None, None, None].expand(-1, 3, 8, 8)


def squared(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().flatten(1).sum(1)


def pooled(x: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(x, 2)


def elsewhere(d: torch.device, function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The function of a network on that device, as a lesson hands it to a figure."""
    return lambda x: function(x.to(d))


METRICS: dict[str, Case] = {
    "likelihood.auroc": lambda d: likelihood.auroc(rand(d, 9), rand(d, 7, seed=1)),
    "divergence.kl_to_standard_normal": lambda d: divergence.kl_to_standard_normal(rand(d, 2, 3), rand(d, 2, 3)),
    "divergence.kl_normal": lambda d: divergence.kl_normal(*(rand(d, 2, 3, seed=i) for i in range(4))),
    "divergence.kl_monte_carlo": lambda d: divergence.kl_monte_carlo(log_p, lambda x: 2 * log_p(x), rand(d, 9, 2)),
    "divergence.kl_on_grid": lambda d: divergence.kl_on_grid(-rand(d, 9), -rand(d, 9, seed=1), 0.1),
    "divergence.jensen_shannon_on_grid": lambda d: divergence.jensen_shannon_on_grid(
        -rand(d, 9), -rand(d, 9, seed=1), 0.1
    ),
    "diversity.distances": lambda d: diversity.distances(rand(d, 9, 2), rand(d, 5, 2, seed=1)),
    "diversity.neighbour_radii": lambda d: diversity.neighbour_radii(rand(d, 9, 2)),
    "diversity.precision_recall": lambda d: diversity.precision_recall(rand(d, 9, 2), rand(d, 9, 2, seed=1)),
    "diversity.neighbour_purity": lambda d: diversity.neighbour_purity(rand(d, 30, 2), labels(d, 30)),
    "frechet.mean_and_covariance": lambda d: frechet.mean_and_covariance(rand(d, 9, 2)),
    "frechet.frechet_distance": lambda d: frechet.frechet_distance(rand(d, 9, 2), rand(d, 9, 2, seed=1)),
    "likelihood.nats_to_bits": lambda d: likelihood.nats_to_bits(rand(d, 3)),
    "likelihood.bits_per_dim": lambda d: likelihood.bits_per_dim(rand(d, 3), 4),
    "likelihood.mean_and_error": lambda d: likelihood.mean_and_error(rand(d, 9)),
    "likelihood.log_mean_exp": lambda d: likelihood.log_mean_exp(rand(d, 3, 4), 1),
    "diversity.modes_and_quality": lambda d: diversity.modes_and_quality(rand(d, 30, 2), rand(d, 4, 2, seed=1), 0.1),
    "likelihood.parzen_log_prob": lambda d: likelihood.parzen_log_prob(rand(d, 3, 2), rand(d, 9, 2, seed=1), 0.3),
    "perceptual.map_distance": lambda d: perceptual.map_distance(
        [rand(d, 2, 3, 4, 4)], [rand(d, 2, 3, 4, 4, seed=1)]
    ),
    "perceptual.path_distances": lambda d: perceptual.path_distances(
        lambda z: z, squared, rand(d, 3, 4), rand(d, 3, 4, seed=1), t=rand(d, 3), eps=0.1
    ),
    "perceptual.filtered_mean": lambda d: perceptual.filtered_mean(rand(d, 9)),
    "perceptual.path_length": lambda d: perceptual.path_length(
        lambda z: z.double(), squared, rand(d, 3, 4), rand(d, 3, 4, seed=1)
    ),
    "reconstruction.psnr": lambda d: reconstruction.psnr(rand(d, 2, 3, 8, 8), rand(d, 2, 3, 8, 8, seed=1)),
    "reconstruction.ssim": lambda d: [
        reconstruction.ssim(rand(d, 2, 3, 16, 16), rand(d, 2, 3, 16, 16, seed=1), window=window)
        for window in ("gaussian", "uniform")
    ],
    "reconstruction.lr_psnr": lambda d: reconstruction.lr_psnr(rand(d, 2, 3, 8, 8), rand(d, 2, 3, 4, 4), pooled),
    "reconstruction.high_frequency_energy": lambda d: reconstruction.high_frequency_energy(rand(d, 2, 3, 8, 8)),
}


def a_frame(d: torch.device) -> game.Frame:
    return game.record(1, lambda x: x.sum(1), lambda z: 1 * z, lambda logit: -logit.mean(), rand(d, 5, 2), EXTENT)


def an_axes() -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def data(d: torch.device) -> tuple[Tensor, Tensor]:
    return rand(d, 20, 2), labels(d, 20) % 2


FIGURES: dict[str, Case] = {
    "normals.posteriors": lambda d: normals.posteriors([{"a": (rand(d, 9), rand(d, 9), rand(d, 9), 0.5)}], ["a"]),
    "plane.two_classes": lambda d: plane.two_classes(*data(d), an_axes()),
    "plane.posterior": lambda d: plane.posterior(elsewhere(d, halves), EXTENT, an_axes()),
    "plane.boundaries": lambda d: plane.boundaries(
        {"a": elsewhere(d, halves)}, elsewhere(d, halves), data(d), EXTENT
    ),
    "change.pushed_histogram": lambda d: change.pushed_histogram(
        rand(d, 99), 2 * rand(d, 99), elsewhere(d, lambda x: 0 * x), elsewhere(d, lambda x: 0 * x)
    ),
    "change.warped_grid": lambda d: change.warped_grid(elsewhere(d, lambda x: 2 * x), EXTENT),
    "change.learned_density": lambda d: change.learned_density(elsewhere(d, log_p), log_p, rand(d, 9, 2), EXTENT),
    "change.layers": lambda d: change.layers({"a": rand(d, 9, 2, grad=True)}, rand(d, 9)),
    "change.matrices": lambda d: change.matrices({"a": rand(d, 3, 3, grad=True)}),
    "code_plane.labelled_codes": lambda d: code_plane.labelled_codes(rand(d, 9, 2, grad=True), labels(d, 9), NAMES),
    "code_plane.explorer": lambda d: code_plane.explorer(elsewhere(d, pictures), rand(d, 9, 2), labels(d, 9), NAMES)(
        0.1, 0.2
    ),
    "code_plane.walks": lambda d: code_plane.walks(
        elsewhere(d, pictures), rand(d, 9, 2), labels(d, 9), {"a": rand(d, 4, 2)}
    ),
    "code_plane.denoising_field": lambda d: code_plane.denoising_field(
        *(rand(d, 9, 2, seed=i, grad=True) for i in range(4))
    ),
    "scores.effects": lambda d: scores.effects(rand(d, 2, 3), ["a", "b"], ["c", "d", "e"], label="u"),
    "feature_maps.maps": lambda d: feature_maps.maps({"a": rand(d, 4, 4, grad=True)}, limit=1.0),
    "feature_maps.deviations": lambda d: feature_maps.deviations({"a": rand(d, 4, 4)}),
    "feature_maps.contributions": lambda d: feature_maps.contributions([rand(d, 3, 4, 4)], [rand(d, 3, 8, 8)], (4,)),
    "game.record": lambda d: (a_frame(d).belief, a_frame(d).pushes),
    "game.film": lambda d: game.film({"a": [a_frame(d), a_frame(d)]}, rand(d, 9, 2)),
    "image_grid.tile": lambda d: torch.from_numpy(image_grid.tile(rand(d, 4, 3, 4, 4, grad=True), 2)),
    "image_grid.as_png": lambda d: image_grid.as_png(rand(d, 4, 3, 4, 4)) and None,
    "image_grid.images": lambda d: image_grid.images([rand(d, 4, 3, 4, 4), rand("cpu", 4, 3, 4, 4)]),
    "code_plane.manifold": lambda d: code_plane.manifold(elsewhere(d, pictures), n=3)(0.1, 0.2),
    "code_plane.codes": lambda d: code_plane.codes(rand(d, 9, 2), labels(d, 9), NAMES),
    "feature_maps.squeeze": lambda d: feature_maps.squeeze(rand(d, 4, 4), rand(d, 4, 2, 2)),
    "normals.fits": lambda d: normals.fits(rand(d, 9), rand(d, 9), {"a": rand(d, 9, grad=True)}),
    "normals.bound_and_gap": lambda d: normals.bound_and_gap(rand(d, 9), -rand(d, 9), 0.0, 0.5, "x"),
    "normals.histograms": lambda d: normals.histograms({"a": rand(d, 9, grad=True)}, "x"),
    "normals.signals": lambda d: normals.signals({"a": [rand(d, 9, grad=True)]}),
    "plane.density": lambda d: plane.density(elsewhere(d, log_p), EXTENT),
    "plane.points": lambda d: plane.points(rand(d, 9, 2, grad=True)),
    "training_curves.repeats": lambda d: training_curves.repeats(
        {"a": rand(d, 3, 2)}, [1, 2], xlabel="x", ylabel="y"
    ),
}


def faces(d: torch.device, model: Any) -> Pairs:
    """Two faces and their low resolutions: noise is nothing that a super-resolution was made for."""
    return pairs(load("faces", "test", n=2), model.scale).to(d)


USES: dict[str, Callable[[Any, torch.device], Any]] = {
    "AttributeNetwork": lambda m, d: m(rand(d, 2, 3, 32, 32)),
    "Autoencoder": lambda m, d: (m(rand(d, 2, 1, 8, 8)), m.loss(rand(d, 2, 1, 8, 8))),
    "ClusterGAN": lambda m, d: (m.sample(2), m.embed(rand(d, 2, 1, 8, 8))),
    "Contest": lambda m, d: [player.sample(2) for player in m.generators],
    "DCGenerator": lambda m, d: m.sample(2),
    "DigitGANs": lambda m, d: m.sample(2),
    "Diffusion": lambda m, d: (
        m.sample(2, steps=3, **({"y": torch.tensor([3, 7], device=d), "guidance": 1.0} if m.classes else {})),
        bound(m.denoiser(), 2 * rand(d, 2, *m.shape) - 1, times(3), levels=17),
    ),
    "FlowMatching": lambda m, d: m.sample(2, steps=2),
    "Features": lambda m, d: (
        m.of(rand(d, 2, 3, 32, 32)),
        m.distance(*(rand(d, 2, 3, 32, 32, seed=i) for i in (0, 1))),
    ),
    "Generator": lambda m, d: (m.sample(2), m.sample(2, truncation=0.7, noise="fixed")),
    "Glow": lambda m, d: (m.sample(2, temperature=0.7), m.log_prob(rand(d, 2, *m.shape))),
    "GridGANs": lambda m, d: m.sample(3),
    "NICE": lambda m, d: (m.sample(2), m.log_prob(rand(d, 2, *m.shape))),
    "PixelCNN": lambda m, d: (
        m.sample(2) if m.dims < 100 else m.pictures(torch.zeros(2, m.dims, dtype=torch.long, device=d)),
        m.log_prob(torch.arange(m.dims)[None].to(d) % m.levels),
    ),
    "MADE": lambda m, d: (m.sample(2), m.log_prob(torch.arange(64)[None].to(d) % 17)),
    "PlaneFlow": lambda m, d: (m.sample(2), m.log_prob(rand(d, 2, 2))),
    "Regression": lambda m, d: m(rand(d, 2, 3, 8, 8)),
    "SRFlow": lambda m, d: (
        m.sample(faces(d, m).low, 0.7, n=2),
        m.log_prob(faces(d, m).high / 255, faces(d, m).low),
    ),
    "Transformer": lambda m, d: (m.sample(2)[:, :9], m.log_prob(torch.arange(128)[None].to(d) % 74)),
    "TwoLevelVAE": lambda m, d: (m.sample(2), m.elbo(rand(d, 2, *m.shape))),
    "VAE": lambda m, d: (m.sample(2), m.elbo(rand(d, 2, *m.shape))),
}


def use(name: str) -> Case:
    """Load a model of the zoo, and let it do what it was trained for."""
    return lambda d: USES[zoo.manifest(name).model.partition(":")[2]](zoo.load(name, d), d)


MODELS = {f"zoo.{name}": use(name) for name in zoo.names() if zoo.manifest(name).sha256}
CASES: dict[str, Case] = {**METRICS, **FIGURES, **MODELS}
