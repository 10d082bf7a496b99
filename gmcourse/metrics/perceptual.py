"""What a network sees: how differently two images, and how evenly a picture changes from one latent to another.

`map_distance` is Zhang et al. 2018 (arXiv:1801.03924), eq. 1, without their learned weights: every channel counts the
same. Theirs are fitted to what people find similar; ours are fitted to nothing, and their AlexNet or VGG saw a
million photographs. So the number orders pairs of images under one network, and means nothing beside an LPIPS.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gmcourse import expect, latent

Maps = Sequence[Tensor]
Generate = Callable[[Tensor], Tensor]
Distance = Callable[[Tensor, Tensor], Tensor]


def _normalised(maps: Tensor) -> Tensor:
    """Divide every position's channel vector by its length; zeros stay zero, in half precision too."""
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    return maps / maps.square().sum(1, keepdim=True).add(1e-10).sqrt()


@expect.door(x="B C H W; unseen", y="B C H W; unseen")
def map_distance(x: Maps, y: Maps) -> Tensor:
    """Compute Σ_layers mean_positions ‖x̂ − ŷ‖², with the channel vector at each position scaled to unit length.

    For unit vectors ‖x̂ − ŷ‖² = 2 − 2 cos, so this is a sum of cosine distances: between 0 and 4 times the number
    of layers, for each pair of images. x and y are their feature maps (B, C_l, H_l, W_l), a tensor a layer.
    """
    expect.whole("the number of maps in y", len(y), least=len(x), most=len(x))
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        pair = {f"x[{i}]": a, f"y[{i}]": b}
        expect.same_shape(**pair)
        expect.same_device(**pair)
    apart = [_normalised(a) - _normalised(b) for a, b in zip(x, y, strict=True)]
    return torch.stack([each.square().sum(1).mean((1, 2)) for each in apart]).sum(0).to(x[0].dtype)


@expect.door(start="B D; full", end="B D; full", t="B; full, >= 0 <= 1", eps="> 0 < 1")
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
