"""The families of the live figure `one_face`: how each encodes a picture, decodes a code, and draws, in float64."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.densities import Normal
from gmcourse.flows import Dequantized
from gmcourse.flows.continuous import even_times, solve
from gmcourse.models.diffusion import ddim_step, times
from gmcourse.models.stylegan2 import as_pictures
from gmcourse.models.stylegan2.projection import project
from gmcourse.models.vae.model import log_normal

SEARCH = 200  # steps
DIMS = 3 * 32 * 32


def log_bins(levels: Tensor, centre: Tensor, sigma: Tensor) -> Tensor:
    """Compute log P of 32 levels under N(centre, σ²) in [0, 1], the outermost open, equation (10.3); nats (B,)."""
    low = torch.where(levels == 0, -math.inf, ((8 * levels - 0.5) / 255 - centre) / sigma)
    high = torch.where(levels == 31, math.inf, ((8 * levels + 7.5) / 255 - centre) / sigma)
    low, high = torch.where(low > 0, -high, low), torch.where(low > 0, -low, high)
    below, above = torch.special.log_ndtr(low), torch.special.log_ndtr(high)
    return (above + torch.log1p(-(below - above).exp())).flatten(1).sum(1)


@dataclass(frozen=True)
class Family:
    """A family's model, in float64.

    Args:
        name: as the page calls it; `code`, what a picture becomes; `density`, what the family knows of p(x).
        encode: pictures in [0, 1] (B, 3, 32, 32) → codes.
        decode: codes → pictures.
        draw: n → codes of new pictures, from torch's own generator.
        log_prob: whole numbers of 0 … 31 → a bound on log P in nats, (B,), with one draw of its noise.
    """

    name: str
    code: str
    density: str
    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
    draw: Callable[[int], Tensor]
    log_prob: Callable[[Tensor], Tensor] | None = None


def _model(name: str) -> Any:
    return copy.deepcopy(zoo.load(name)).double()


def one_normal() -> Family:
    """Fit a normal distribution to the pixels of 2,000 faces; lesson 10 takes 4,000."""
    draws = torch.Generator().manual_seed(0)
    levels = (load("faces", n=2000).pixels // 8).flatten(1)
    fit = Normal.fit((levels + torch.rand(levels.shape, generator=draws)) / 32, shrink=True)
    fitted = Normal(fit.mean.double(), fit.chol.double())

    def encode(x: Tensor) -> Tensor:
        return torch.linalg.solve_triangular(fitted.chol, (x.flatten(1) - fitted.mean).T, upper=False).T

    def log_prob(levels: Tensor) -> Tensor:
        noise = torch.rand(levels.shape, dtype=torch.float64)
        return fitted.log_prob(((levels + noise) / 32).flatten(1)) - DIMS * math.log(32)

    return Family(
        "one normal",
        "3,072 numbers",
        "exact",
        encode,
        lambda z: (fitted.mean + z @ fitted.chol.T).reshape(-1, 3, 32, 32),
        lambda n: torch.randn(n, DIMS, dtype=torch.float64),
        log_prob,
    )


def plain_vae() -> Family:
    """Take the VAE of faces, with the mean of its code, and N(0, I) for new ones."""
    vae = _model("vae_faces")

    def log_prob(levels: Tensor) -> Tensor:
        mean, log_var = vae.encode((8 * levels + 3.5).double() / 255)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        ratio = log_normal(z) - log_normal(z, mean, log_var)
        return log_bins(levels, vae.decode(z), vae.likelihood.log_sigma.exp()) + ratio

    return Family(
        "VAE",
        f"{vae.latent_dim} numbers",
        "a bound",
        lambda x: vae.encode(x)[0],
        vae.decode,
        lambda n: torch.randn(n, vae.latent_dim, dtype=torch.float64),
        log_prob,
    )


def two_levels() -> Family:
    """Take the VAE with two levels: codes are the means of z₂, and z₁ in units of its prior, side by side."""
    vae = _model("vae_faces_two_levels")

    def encode(x: Tensor) -> Tensor:
        read = vae.read(x)
        top = vae.read_top(read).chunk(2, dim=1)[0]
        place = vae.correction(torch.cat([vae.from_top(top), read], dim=1)).chunk(2, dim=1)[0]
        return torch.cat([top, place.flatten(1)], dim=1)

    def decode(codes: Tensor) -> Tensor:
        features = vae.from_top(codes[:, : vae.latent_dim])
        mean, log_var = vae.prior(features).chunk(2, dim=1)
        place = mean + (0.5 * log_var).exp() * codes[:, vae.latent_dim :].reshape(mean.shape)
        pictures: Tensor = vae.likelihood.mean(vae.paint(features + vae.join(place)))
        return pictures

    size = encode(torch.zeros(1, 3, 32, 32, dtype=torch.float64)).shape[1]

    def draw(n: int) -> Tensor:
        codes = torch.randn(n, size, dtype=torch.float64)
        spread = (0.5 * vae.top_log_var).exp()
        codes[:, : vae.latent_dim] = vae.top_mean + spread * codes[:, : vae.latent_dim]
        return codes

    def log_prob(levels: Tensor) -> Tensor:
        x = (8 * levels + 3.5).double() / 255
        state = torch.get_rng_state()
        bound = vae.elbo(x)
        torch.set_rng_state(state)  # the same draw of both latents
        centre, sigma = vae.reconstruct(x), vae.likelihood.log_sigma.exp()
        density = torch.distributions.Normal(centre, sigma).log_prob(x).flatten(1).sum(1)
        return bound - density + log_bins(levels, centre, sigma)

    return Family("two levels", f"{size} numbers", "a bound", encode, decode, draw, log_prob)


def a_flow(name: str, model: str) -> Family:
    """Take NICE or Glow: the code is the latent, as large as the picture."""
    flow = _model(model)
    flat = len(flow.shape) == 1

    def log_prob(levels: Tensor) -> Tensor:
        found: Tensor = Dequantized(flow, 32).log_prob(levels.flatten(1) if flat else levels)
        return found

    return Family(
        name,
        "3,072 numbers",
        "exact",
        lambda x: flow(x.flatten(1) if flat else x)[0],
        lambda z: flow.inverse(z).reshape(-1, 3, 32, 32),
        lambda n: flow.prior.sample((n, *flow.shape), torch.device("cpu")).double(),
        log_prob,
    )


def flow_matching() -> Family:
    """Follow the ordinary differential equation from the picture to noise and back, in 16 steps of Heun's method."""
    model = _model("flow_matching_faces")
    velocity, times = model.velocity(), even_times(16)
    return Family(
        "flow matching",
        "3,072, by ODE",
        "exact, by ODE",
        lambda x: solve(velocity, 2 * x - 1, times[::-1]),
        lambda z: solve(velocity, z, times) / 2 + 0.5,
        lambda n: torch.randn(n, *model.shape, dtype=torch.float64),
    )


def diffusion() -> Family:
    """Follow the same equation for the diffusion model, in 64 steps of DDIM, to noise and back."""
    model = _model("diffusion_faces")
    denoise, grid = model.denoiser(), [0.005, *times(64)[1:]]  # at time 0 there is no noise to be found

    def moved(x: Tensor, along: list[float]) -> Tensor:
        for t, s in pairwise(along):
            x = ddim_step(model.path, x, denoise(x, t), s, t)
        return x

    return Family(
        "diffusion",
        "3,072, by ODE",
        "exact, by ODE",
        lambda x: moved(2 * x - 1, grid),
        lambda z: moved(z, grid[::-1]) / 2 + 0.5,
        lambda n: torch.randn(n, *model.shape, dtype=torch.float64),
    )


def dcgan() -> Family:
    """Take the DCGAN: it has no encoder, so gradient descent searches the latent, from 0."""
    network = _model("dcgan_faces")

    @torch.enable_grad()
    def search(x: Tensor) -> Tensor:
        z = torch.zeros(len(x), network.latent_dim, dtype=torch.float64, requires_grad=True)
        adam = torch.optim.Adam([z], lr=0.2)
        for _ in range(SEARCH):
            adam.zero_grad()
            (network(z) - x).square().mean((1, 2, 3)).sum().backward()
            adam.step()
        return z.detach()

    return Family("DCGAN", "64, by search", "none", search, network, network.latent)


def stylegan2() -> Family:
    """Take StyleGAN2; projection, as in lesson 09, looks for the styles."""
    network = _model("stylegan2_faces")

    @torch.enable_grad()
    def search(x: Tensor) -> Tensor:
        return project(network, 2 * x - 1, steps=SEARCH).ws

    def draw(n: int) -> Tensor:
        styles: Tensor = network.styles(torch.randn(n, network.mapping.z_dim, dtype=torch.float64))
        return styles

    return Family(
        "StyleGAN2",
        "64, by search",
        "none",
        search,
        lambda ws: as_pictures(network.synthesis(ws, "none")),
        draw,
    )


FAMILIES: tuple[Callable[[], Family], ...] = (
    one_normal,
    plain_vae,
    two_levels,
    lambda: a_flow("NICE", "nice_faces"),
    lambda: a_flow("Glow", "glow_faces"),
    diffusion,
    flow_matching,
    dcgan,
    stylegan2,
)
