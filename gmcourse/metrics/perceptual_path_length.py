"""How evenly a picture changes on the way from one latent to another."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect, latent

Generate = Callable[[Tensor], Tensor]
Distance = Callable[[Tensor, Tensor], Tensor]


@expect.door(start="B D; full", end="B D; full", t="B; full", eps="> 0 < 1")
def path_distances(
    generate: Generate,
    distance: Distance,
    start: Tensor,
    end: Tensor,
    *,
    t: Tensor | None = None,
    eps: float = 1e-4,
    spherical: bool = False,
) -> Tensor:
    """Compute d(g(path(t)), g(path(t + ε))) / ε² for each pair of codes: how fast the picture changes there.

    Karras et al. 2019 (arXiv:1812.04948), eq. 2 and 3. Its mean is the perceptual path length. Karras et al. 2020
    take t = 0 ("end", the default here), so that no code lies off the codes that training has seen. Distances (B,)
    can be compared only under one `distance`. `generate` maps codes (B, D) → pictures, and `distance` two batches of
    these → (B,), quadratic for close pictures, as perceptual distances are. Places t are (B,); ε in single precision
    is not below 1e-4. `spherical` goes along the sphere, for z, whose length does not count; else straight, for w.
    """
    t = start.new_zeros(len(start)) if t is None else t
    if spherical:
        start, end = start / start.norm(dim=1, keepdim=True), end / end.norm(dim=1, keepdim=True)
    path = latent.slerp if spherical else latent.lerp
    places = torch.stack([t, t + eps], 1)
    codes = zip(start.split(1), end.split(1), places, strict=True)
    before, after = torch.cat([path(a, b, at) for a, b, at in codes], 1)
    pictures = (expect.tensor("generate(codes)", generate(each), f"{len(t)} …") for each in (before, after))
    return expect.tensor("distance(pictures)", distance(*pictures), f"{len(t)}") / eps**2


@expect.door(values="N")
def filtered_mean(values: Tensor) -> float:
    """Average `path_distances` (N,) from the first to the 99th percentile, as the authors report it."""
    values = values.double()
    bottom = torch.quantile(values, 0.01, interpolation="lower")
    top = torch.quantile(values, 0.99, interpolation="higher")
    return float(values[(values >= bottom) & (values <= top)].mean())


@torch.no_grad()
@expect.door(start="N D", end="N D")
def path_length(generate: Generate, distance: Distance, start: Tensor, end: Tensor) -> float:
    """Compute the perceptual path length of codes (N, D): `filtered_mean` of their `path_distances`."""
    parts = zip(start.split(250), end.split(250), strict=True)  # so many at once
    return filtered_mean(torch.cat([path_distances(generate, distance, *part) for part in parts]))
