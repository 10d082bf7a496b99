"""The generator: a learned constant, styled convolutions from 4×4 upward, and a sum of pictures."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.stylegan2.mapping import Mapping, mix
from gmcourse.models.stylegan2.modulation import AdaINConv, StyledConv, ToRGB
from gmcourse.nn.resample import fir_kernel, upsample

LAYERS: dict[str, type[StyledConv] | type[AdaINConv]] = {"demodulation": StyledConv, "adain": AdaINConv}
NOISE = ("random", "fixed", "none")
Noise = str | Sequence[str]


def sides(resolution: int) -> list[int]:
    """List 4, 8, … up to the resolution, a power of two."""
    if resolution < 4 or resolution & (resolution - 1):
        raise ValueError(f"resolution is {resolution}; expected a power of two from 4 upward: 4, 8, 16, 32 …")
    return [2**k for k in range(2, resolution.bit_length())]


def channels_at(side: int, channel_base: int, channel_max: int) -> int:
    """Count the feature maps at one resolution: halved at each doubling of the side, at most `channel_max`."""
    expect.whole("channel_base", channel_base, least=side)
    expect.whole("channel_max", channel_max, least=1)
    return min(channel_base // side, channel_max)


class SynthesisBlock(nn.Module):
    """One resolution: twice as large (but at 4×4), two styled convolutions, and the picture seen so far."""

    def __init__(
        self, in_channels: int, channels: int, w_dim: int, side: int, image_channels: int, normalization: str
    ) -> None:
        super().__init__()
        layer = LAYERS[normalization]
        layers = [layer(channels, channels, w_dim, side, up=False)]
        if side > 4:
            layers.insert(0, layer(in_channels, channels, w_dim, side, up=True))
        self.layers = nn.ModuleList(layers)
        self.to_rgb = ToRGB(channels, image_channels, w_dim)

    def forward(self, x: Tensor, ws: Sequence[Tensor], noise: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Features and their contribution to the picture; ws and noise: one a layer, and a w for the colours."""
        for layer, w, kind in zip(self.layers, ws[:-1], noise, strict=True):
            x = layer(x, w, kind)
        return x, self.to_rgb(x, ws[-1])


class Synthesis(nn.Module):
    """ws → picture. The skip generator: each resolution adds its own contribution (StyleGAN2, figure 7b).

    There are L = 2·log₂(R) − 2 styles: one for each convolution and one for the last colours. The colours of a
    resolution share their style with the convolution that comes next. `channel_base` is feature maps times side
    (16384 for config E of the paper, 32768 for F); the normalization is "demodulation", or "adain" for the layer of
    StyleGAN, to compare with.
    """

    kernel: Tensor

    @expect.door(w_dim=">= 1", image_channels=">= 1", normalization="|".join(LAYERS))
    def __init__(
        self,
        w_dim: int = 512,
        resolution: int = 1024,
        *,
        image_channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        normalization: str = "demodulation",
    ) -> None:
        super().__init__()
        self.w_dim, self.resolution = w_dim, resolution
        self.image_shape = (image_channels, resolution, resolution)
        widths = [channels_at(side, channel_base, channel_max) for side in sides(resolution)]
        self.constant = nn.Parameter(torch.randn(widths[0], 4, 4))
        self.blocks = nn.ModuleList(
            SynthesisBlock(before, width, w_dim, side, image_channels, normalization)
            for before, width, side in zip([0, *widths], widths, sides(resolution), strict=False)
        )
        self.n_convs = 2 * len(widths) - 1
        self.n_styles = self.n_convs + 1
        self.register_buffer("kernel", fir_kernel(), persistent=False)

    def _noise(self, noise: Noise) -> list[str]:
        kinds = [noise] * self.n_convs if isinstance(noise, str) else list(noise)
        if len(kinds) != self.n_convs or any(kind not in NOISE for kind in kinds):
            wanted = f"one of {', '.join(NOISE)}, or {self.n_convs} of them, one a layer"
            expect.refuse("noise", repr(noise), wanted)
        return kinds

    @expect.door(ws="…; unseen")
    def contributions(self, ws: Tensor, noise: Noise = "random") -> list[tuple[Tensor, Tensor]]:
        """Of each resolution its feature maps (B, C, side, side) and what it adds to the picture (B, 3, …)."""
        expect.tensor("ws", ws, f"B {self.n_styles} {self.w_dim}", finite=False)
        kinds, each = self._noise(noise), ws.unbind(1)
        # channels last in memory: a depthwise filter is then three times as fast on a CPU
        x = self.constant.expand(len(ws), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        found, at = [], 0
        for i, block in enumerate(self.blocks):
            count = 1 if i == 0 else 2
            x, picture = block(x, each[at : at + count + 1], kinds[at : at + count])
            found.append((x, picture))
            at += count
        return found

    def forward(self, ws: Tensor, noise: Noise = "random") -> Tensor:
        """Map styles (B, L, w_dim) to pictures (B, C, R, R): contributions, each enlarged to the next side and added.

        Noise is "random" (drawn anew), "fixed" (stored with the network), "none"; or one of these a layer.
        """
        picture: Tensor | None = None
        for _, added in self.contributions(ws, noise):
            picture = added if picture is None else upsample(picture, self.kernel) + added
        assert picture is not None
        return picture


class Generator(nn.Module):
    """z → w → picture, in about [−1, 1].

    The mapping has `mapping_layers` layers from z_dim to w_dim; the other arguments are those of `Synthesis`.

    Source: Karras et al. 2020 (arXiv:1912.04958), configuration F with `channel_base=32768`. Numbers agree with the
    authors' PyTorch code for the same weights; half precision is left out. `style_mixing` is the probability with
    which `forward` mixes two latents in training mode (0.9 in the papers).
    """

    @expect.door(mapping_layers=">= 1", style_mixing=">= 0 <= 1")
    def __init__(
        self,
        *,
        z_dim: int = 512,
        w_dim: int = 512,
        resolution: int = 1024,
        mapping_layers: int = 8,
        image_channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        normalization: str = "demodulation",
        style_mixing: float = 0.0,
    ) -> None:
        super().__init__()
        self.style_mixing = style_mixing
        self.mapping = Mapping(z_dim, w_dim, n_layers=mapping_layers)
        self.synthesis = Synthesis(
            w_dim,
            resolution,
            image_channels=image_channels,
            channel_base=channel_base,
            channel_max=channel_max,
            normalization=normalization,
        )

    @expect.one_dtype
    def styles(self, z: Tensor, *, truncation: float = 1.0, cutoff: int | None = None) -> Tensor:
        """Map latents (B, z_dim) to styles (B, L, w_dim): one w for all, the first `cutoff` of them truncated.

        `truncation` is ψ: 1 leaves w alone, 0 gives the average picture. The cutoff counts from the coarsest style;
        by default all are truncated.
        """
        count = self.synthesis.n_styles
        cut = count if cutoff is None else cutoff
        expect.whole("cutoff", cut, least=0, most=count)
        w = self.mapping(z)
        pulled = self.mapping.truncate(w, truncation)
        return torch.stack([pulled] * cut + [w] * (count - cut), 1)

    @expect.one_dtype
    def forward(self, z: Tensor, *, truncation: float = 1.0, noise: Noise = "random") -> Tensor:
        """(B, z_dim) → (B, C, R, R); see `styles` and `Synthesis.forward`. In training mode styles are mixed."""
        ws = self.styles(z, truncation=truncation)
        if self.training and self.style_mixing:
            ws = self.mixed(z, ws)
        return self.synthesis(ws, noise)

    def mixed(self, z: Tensor, ws: Tensor) -> Tensor:
        """Replace later styles of `ws` by those of other latents, with the probability `style_mixing`.

        Training does this so that neighbouring layers do not rely on sharing a style. The crossover, 1 … L − 1, is
        drawn once for the batch, from torch's global generator, which `gmcourse.training.fit` seeds for each step.
        """
        other = self.styles(torch.randn_like(z))
        if float(torch.rand(())) >= self.style_mixing:
            return ws
        return mix(ws, other, int(torch.randint(1, ws.shape[1], ())))

    @expect.door(n=">= 1")
    def sample(self, n: int, *, truncation: float = 1.0, noise: Noise = "random") -> Tensor:
        """Draw n pictures for the eye, clamped to [0, 1]: (n, C, R, R); ψ and noise as in `forward`."""
        like = self.mapping.w_mean
        z = torch.randn(n, self.mapping.z_dim, dtype=like.dtype, device=like.device)
        return as_pictures(self(z, truncation=truncation, noise=noise))


@expect.door(picture="…; unseen")
def as_pictures(picture: Tensor) -> Tensor:
    """Map the generator's [−1, 1] to [0, 1], clamped."""
    return (picture / 2 + 0.5).clamp(0, 1)
