"""DCGAN: a generator and a discriminator of strided convolutions, for pictures of any size.

Radford et al. 2016 (arXiv:1511.06434), section 3. As there: no pooling and no hidden fully connected layer, batch
normalisation in both networks except where pixels go in or come out, ReLU in the generator, tanh at its end, leaky
ReLU of slope 0.2 in the discriminator, weights from N(0, 0.02²). What differs: pictures are in [0, 1] outside (the
tanh's [−1, 1] is shifted), the first map is as large as the picture's size halved until four pixels are left, and the
discriminator's normalisation can be switched off, which penalties on its slope want.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.gan.plane import FromNoise
from gmcourse.nn.networks import halvings

Shape = Sequence[int]  # (C, H, W)


def _small_weights(module: nn.Module) -> None:
    """Draw N(0, 0.02²) for convolutions, N(1, 0.02²) for the scales of batch normalisation (section 4)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def _levels(shape: Shape) -> int:
    """How often the picture is halved until four pixels are left."""
    levels = halvings(shape)
    if shape[1] >> levels != 4 or shape[2] >> levels != 4 or not levels:
        raise ValueError(f"shape has sides {shape[1]}×{shape[2]}; expected both 8, 16, 32, 64, …")
    return levels


class DCGenerator(FromNoise):
    """Noise z ~ N(0, I) → pictures in [0, 1]. In the paper z is uniform, of width 100.

    There are `width` channels before the last layer; each level further down has twice as many.
    """

    @expect.door(shape="3: >= 1", latent_dim=">= 1", width=">= 1")
    def __init__(self, shape: Shape = (1, 8, 8), latent_dim: int = 32, width: int = 32) -> None:
        super().__init__()
        levels = _levels(shape)
        self.latent_dim, self.shape = latent_dim, tuple(shape)
        channels = width << (levels - 1)
        # the paper's "project and reshape" is a transposed convolution of a 1×1 map
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent_dim, channels, 4, bias=False)]
        for _ in range(levels - 1):
            layers += [nn.BatchNorm2d(channels), nn.ReLU()]
            layers += [nn.ConvTranspose2d(channels, channels // 2, 4, stride=2, padding=1, bias=False)]
            channels //= 2
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.ConvTranspose2d(channels, shape[0], 4, stride=2, padding=1), nn.Tanh()]
        self.network = nn.Sequential(*layers)
        self.apply(_small_weights)

    @expect.one_dtype
    def forward(self, z: Tensor) -> Tensor:
        """Map latents (B, latent_dim) to pictures (B, C, H, W) in [0, 1]."""
        self._check(z)
        return (self.network(z[:, :, None, None]) + 1) / 2


class DCDiscriminator(nn.Module):
    """A discriminator of pictures in [0, 1] that gives logits.

    There are `width` channels after the first layer; each level further down has twice as many. `normalise`: batch
    normalisation after all layers but the first and the last, as in the paper. A discriminator gives one number a
    picture, an encoder of the same build more `outputs`.
    """

    @expect.door(shape="3: >= 1", width=">= 1", outputs=">= 1")
    def __init__(
        self, shape: Shape = (1, 8, 8), width: int = 32, *, normalise: bool = True, outputs: int = 1
    ) -> None:
        super().__init__()
        levels = _levels(shape)
        self.shape = tuple(shape)
        layers: list[nn.Module] = [nn.Conv2d(shape[0], width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        channels = width
        for _ in range(levels - 1):
            layers.append(nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1, bias=not normalise))
            channels *= 2
            layers += ([nn.BatchNorm2d(channels)] if normalise else []) + [nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(channels, outputs, 4), nn.Flatten()]
        self.network = nn.Sequential(*layers)
        self.apply(_small_weights)

    @expect.one_dtype
    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (B, C, H, W) in [0, 1] to logits (B, outputs)."""
        expect.tensor("x", x, expect.batch_of(self.shape), finite=False)
        return self.network(2 * x - 1)
