"""The small network behind Fréchet and perceptual distances between pictures of 3×32×32.

FID and LPIPS look through networks that saw a million photographs. This one has 0.2 million weights and saw cartoon
faces and patches of two photographs. A distance sees only what its network had to tell apart; this one was trained to
tell the eighteen attributes of a face, how a picture was damaged (blur, noise), what a picture is (a face or a patch
of one of two photographs, the one task about real texture) and which way up it is.

Limits. Numbers made with it can be compared with each other and with nothing else: not with an FID, nor across
versions of these weights (the manifest has their hash). On held-out pictures attributes, photographs and which way
up a face is are read well, and which way up a patch is far better than by chance (see `gmcourse zoo features`). It
knows no objects. What it was trained not to need, such as who owns a freckle, it may not see. Outside of faces and
such patches it is untested.
"""

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.metrics.perceptual import map_distance
from gmcourse.nn.networks import conv_block

SIZE = 32


class Features(nn.Module):
    """Convolutions down to 4×4, a vector of features, and linear heads for the tasks it was trained on.

    There are `width` channels at full resolution; they double with each halving.
    """

    @expect.door(dims=">= 1", width=">= 1", attributes=">= 1", classes=">= 1")
    def __init__(self, dims: int = 64, width: int = 16, *, attributes: int = 18, classes: int = 12) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                conv_block(3, width, 1),
                nn.Sequential(conv_block(width, 2 * width, 2), conv_block(2 * width, 2 * width, 1)),
                nn.Sequential(conv_block(2 * width, 4 * width, 2), conv_block(4 * width, 4 * width, 1)),
                conv_block(4 * width, 4 * width, 2),
            ]
        )
        self.to_vector = nn.Sequential(nn.Flatten(), nn.Linear(4 * width * (SIZE // 8) ** 2, dims), nn.SiLU())
        self.attributes = nn.Linear(dims, attributes)
        self.damage = nn.Linear(dims, 2)
        self.patch = nn.Linear(dims, classes)

    @expect.door(x=f"B 3 {SIZE} {SIZE}; unseen")
    def maps(self, x: Tensor) -> list[Tensor]:
        """Compute feature maps after each stage, at 32, 16, 8 and 4 pixels a side: what perceptual distances compare.

        Images are (B, 3, 32, 32) in [0, 1]; values a little outside are taken as they are.
        """
        h, found = 2 * x - 1, []
        for stage in self.stages:
            h = stage(h)
            found.append(h)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Compute the feature vectors (B, dims) of images (B, 3, 32, 32) in [0, 1], for `frechet_distance`."""
        return self.to_vector(self.maps(x)[-1])

    @torch.no_grad()
    @expect.door(batch_size=">= 1")
    def of(self, x: Tensor, batch_size: int = 250) -> Tensor:
        """Compute the same for many images, a batch at a time and without gradients: (N, 3, 32, 32) → (N, dims)."""
        return torch.cat([self(part) for part in x.split(batch_size)])

    @expect.door(x="B C H W; unseen", y="B C H W; unseen")
    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Compute the perceptual distance of two batches of images (B, 3, 32, 32), shape (B,); differentiable."""
        return map_distance(self.maps(x), self.maps(y))
