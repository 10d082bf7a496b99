"""ClusterGAN: a latent space that can cluster, because it has a discrete part, and an encoder into it.

Mukherjee et al. 2019 (arXiv:1809.03627). z = (z_n, z_c) with z_n ~ N(0, σ²I), σ = 0.1, and z_c one of K unit
vectors. An encoder E learns to say which z made a picture, together with the generator, so that neither may
forget the class. What differs: the game is the logistic one with R1, not a Wasserstein one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect
from gmcourse.models.gan.dcgan import DCDiscriminator, DCGenerator, Shape
from gmcourse.models.gan.plane import FromNoise


class ClusterGAN(FromNoise):
    """Generator and encoder, trained as one player of the game.

    There are K `classes`, z_n has `continuous` numbers, and `sigma` is small beside √2, the distance of unit vectors.
    """

    @expect.door(shape="3: >= 1", classes=">= 2", continuous=">= 1", sigma="> 0")
    def __init__(
        self, shape: Shape = (1, 8, 8), classes: int = 10, continuous: int = 10, sigma: float = 0.1, width: int = 64
    ) -> None:
        super().__init__()
        self.classes, self.continuous, self.sigma = classes, continuous, sigma
        self.generator = DCGenerator(shape, continuous + classes, width)
        self.encoder = DCDiscriminator(shape, width, outputs=continuous + classes)

    @expect.door(n=">= 1")
    def latent(self, n: int, cluster: int | None = None) -> Tensor:
        """Draw n latents (n, continuous + K) from the prior: of a uniformly drawn cluster, or of a given one."""
        like = next(self.parameters())
        which = torch.randint(self.classes, (n,), device=like.device)
        if cluster is not None:
            which.fill_(expect.whole("cluster", cluster, least=0, most=self.classes - 1))
        noise = self.sigma * torch.randn(n, self.continuous, device=like.device, dtype=like.dtype)
        return torch.cat([noise, F.one_hot(which, self.classes).to(noise)], dim=1)

    def forward(self, z: Tensor) -> Tensor:
        """Map latents (B, continuous + K) to pictures (B, C, H, W) in [0, 1]."""
        return self.generator(z)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map pictures (B, C, H, W) to ẑ_n (B, continuous) and the logits (B, K) of the clusters."""
        code: Tensor = self.encoder(x)
        return code[:, : self.continuous], code[:, self.continuous :]

    @torch.no_grad()
    def embed(self, x: Tensor) -> Tensor:
        """Map pictures to latents (B, continuous + K): ẑ_n and the clusters' probabilities."""
        continuous, logits = self.encode(x)
        return torch.cat([continuous, logits.softmax(1)], dim=1)

    def code_loss(self, z: Tensor, continuous_weight: float = 10.0, class_weight: float = 10.0) -> Tensor:
        """Compute β_n‖z_n − ẑ_n‖² + β_c·cross-entropy(z_c, ẑ_c), mean over the batch (their eq. 2; 10 and 10).

        A scalar, to be added to the generator's loss, for latents z of `latent`.
        """
        continuous, logits = self.encode(self(z))
        misplaced = (continuous - z[:, : self.continuous]).square().sum(1).mean()
        return continuous_weight * misplaced + class_weight * F.cross_entropy(logits, z[:, self.continuous :])
