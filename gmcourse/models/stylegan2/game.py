"""How StyleGAN2 is trained: the two players, their lazy penalties, and the moving average."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.adversarial import Adversarial, Lazy, PathLength, lazy_adam, r1_penalty
from gmcourse.models.stylegan2.discriminator import Discriminator
from gmcourse.models.stylegan2.generator import Generator
from gmcourse.training import EMA


@expect.door(lr="> 0", r1_gamma=">= 0", r1_every=">= 1", path_weight=">= 0", path_every=">= 1", ema_half_life="> 0")
def game(
    generator: Generator,
    discriminator: Discriminator,
    *,
    lr: float = 0.002,
    r1_gamma: float = 10.0,
    r1_every: int = 16,
    path_weight: float = 2.0,
    path_every: int = 8,
    ema_half_life: float = 500.0,
) -> Adversarial:
    """Play with the non-saturating loss, R1 on the discriminator and path length on the generator, both lazy.

    Karras et al. 2020 (arXiv:1912.04958), appendix B. Data are pictures in [−1, 1].

    The generator plays with the styles mixed as its `style_mixing` says. `lr` is the learning rate of both, before
    the correction for lazy regularisation. γ of R1 grows with the number of pixels: 10 at 1024², about 0.1 at 32². A
    `path_weight` of 0 leaves the path length penalty out, as StyleGAN did; it comes every `path_every` steps (8 in
    the paper, 4 in the authors' later code). The average forgets half in `ema_half_life` steps.
    """

    def latent(n: int) -> Tensor:
        return torch.randn(n, generator.mapping.z_dim, device=generator.mapping.w_mean.device)

    def styles(z: Tensor) -> Tensor:
        return generator.mixed(z, generator.styles(z))

    r1 = Lazy("r1", lambda real, fake: r1_penalty(discriminator, real, r1_gamma), r1_every)
    path = None
    if path_weight > 0:
        path = Lazy("path_length", PathLength(styles, generator.synthesis, weight=path_weight), path_every)
    return Adversarial(
        generator,
        discriminator,
        lazy_adam(generator.parameters(), lr, every=path_every if path is not None else 1),
        lazy_adam(discriminator.parameters(), lr, every=r1_every),
        latent=latent,
        discriminator_penalty=r1,
        generator_penalty=path,
        ema=EMA(generator, 0.5 ** (1 / ema_half_life)),
    )
