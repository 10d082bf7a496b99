"""How differently a network sees two images: distances between feature maps, layer by layer.

Zhang et al. 2018 (arXiv:1801.03924), eq. 1, without their learned weights: every channel counts the same.
Theirs are fitted to what people find similar; ours are fitted to nothing, and their AlexNet or VGG saw a
million photographs. So the number orders pairs of images under one network, and means nothing beside an LPIPS.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse import expect

Maps = Sequence[Tensor]


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
