"""A lazy iteration of StyleGAN2 beside its peers: 64×64, z = w = 128, at most 128 channels, batch 4.

One iteration is a step of G, a step of D, a sixteenth of R1 and a quarter of the path length penalty: forward
and backward passes, without the optimiser; first the four parts, then sixteen iterations; at last pictures without
gradients. The rows:

- gmcourse: the package.
- reference ops: the same networks, with the layers written as the authors' plain PyTorch code has them: the
  norm of the modulated weights from one weight a picture, the filter as an ordinary depthwise convolution, and
  torch's convolution everywhere.
- reference ops, rows of pixels: the same, with the channels one after the other in memory, as that code has them in
  float32. Ours have the channels of a pixel side by side.
- reference layers: the reference ops, and bias, activation and gain as three passes over the picture, as the plain
  PyTorch form of the authors' `bias_act` has them; the noise comes with the norm, in one pass less than ours.
- grouped convolution: the same networks, one group of a convolution a picture, as the paper's text suggests.
- labml-nn: its own networks. Differences that remain: its discriminator's last layers are smaller, it
  enlarges by interpolation before the convolution, and it smooths by reshaping.

The aim is 0.80 of the reference ops in sixteen iterations.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.adversarial import losses, path_lengths, r1_penalty
from gmcourse.adversarial.penalties import path_length_penalty
from gmcourse.models.stylegan2 import Discriminator, Generator, modulation
from gmcourse.nn import equalized
from gmcourse.nn import resample as resampling
from gmcourse.nn.equalized import GAINS, SLOPE, EqualizedConv2d
from tests.benchmarks.timing import Workload, compare, peer

SIDE, WIDTH, CHANNELS, BATCH = 64, 128, 128, 4
# how often each part comes in sixteen iterations
SHARES = {"G": 16, "D": 16, "R1": 1, "PL": 4}
SAMPLES = f"{BATCH} pictures, without gradients"
Memory = Callable[[], AbstractContextManager[None]]


def plain_resample(
    x: Tensor, kernel: Tensor, *, up: int = 1, down: int = 1, padding: Any = (0, 0, 0, 0), gain: float = 1.0
) -> Tensor:
    """Zeros in, pad, an ordinary depthwise convolution that autograd differentiates."""
    batch, channels, height, width = x.shape
    if up > 1:
        x = F.pad(x.reshape(batch, channels, height, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1))
        x = x.reshape(batch, channels, height * up, width * up)
    x = F.pad(x, padding)
    weight = (kernel * gain).flip(0, 1).expand(channels, 1, -1, -1)
    return F.conv2d(x, weight, groups=channels)[:, :, ::down, ::down]


def plain_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)


def norms_of_each(weight: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
    """One weight for each picture, (B, O, I, k, k), and one over its norm."""
    each = weight[None] * styles[:, None, :, None, None]
    return each, (each.square().sum((2, 3, 4)) + 1e-8).rsqrt()


def reference_conv(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    demodulate: bool = True,
    kernel: Tensor | None = None,
    gain: float = 1.0,
) -> Tensor:
    """Scale the input, convolve, scale the output; the norms come from the weights of every picture."""
    x = x * styles[:, :, None, None]
    x = (
        F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        if kernel is None
        else resampling.upsampled_conv(x, weight, kernel)
    )
    if demodulate:
        x = x * norms_of_each(weight, styles)[1][:, :, None, None]
    return x * gain


def activated(x: Tensor, bias: Tensor | None, activation: str, gain: float) -> Tensor:
    """Bias, activation and gain, a pass each."""
    x = x if bias is None else x + bias[:, None, None]
    x = x if activation == "linear" else F.leaky_relu(x, SLOPE)
    return x if GAINS[activation] * gain == 1 else x * (GAINS[activation] * gain)


def reference_layer(self: EqualizedConv2d, x: Tensor) -> Tensor:
    _, inputs, size, _ = self.weight.shape
    weight = self.weight * (1 / (size * math.sqrt(inputs)))
    x = resampling.downsampled_conv(x, weight, self.kernel) if self.down else F.conv2d(x, weight, padding=size // 2)
    return activated(x, self.bias, self.activation, self.gain)


def reference_styled(self: modulation.StyledConv, x: Tensor, w: Tensor, noise: str = "random") -> Tensor:
    styles = self.style(w)
    x = reference_conv(x, self.weight, styles, demodulate=False, kernel=self.kernel if self.up else None)
    drawn = torch.randn(len(x), 1, self.resolution, self.resolution) * self.noise_strength
    x = torch.addcmul(drawn, x, norms_of_each(self.weight, styles)[1][:, :, None, None])
    return activated(x, self.bias, "lrelu", 1.0)


def grouped_conv(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    demodulate: bool = True,
    kernel: Tensor | None = None,
    gain: float = 1.0,
) -> Tensor:
    """Every picture is a group with weights of its own."""
    batch, channels, height, width = x.shape
    each, norms = norms_of_each(weight, styles)
    if demodulate:
        each = each * norms[:, :, None, None, None]
    x = x.reshape(1, batch * channels, height, width)
    if kernel is None:
        x = F.conv2d(x, each.flatten(0, 1), padding=weight.shape[-1] // 2, groups=batch)
        return x.reshape(batch, -1, height, width) * gain
    x = F.conv_transpose2d(x, each.transpose(1, 2).flatten(0, 1), stride=2, groups=batch)
    x = x.reshape(batch, -1, *x.shape[2:])
    return resampling.resample(x, kernel, padding=(1, 1, 1, 1), gain=4.0) * gain


@contextmanager
def rows_of_pixels() -> Iterator[None]:
    """Nothing asks for the channels of a pixel side by side."""
    before = Tensor.contiguous
    Tensor.contiguous = lambda self, **_: before(self)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Tensor.contiguous = before


@contextmanager
def ops(conv: Callable[..., Tensor] | None, layers: bool = False) -> Iterator[None]:
    """The package's networks with another convolution and the plain filter inside, and with the reference layers."""
    before = modulation.modulated_conv2d, resampling.resample, equalized.same_conv
    forward = EqualizedConv2d.forward, modulation.StyledConv.forward
    if layers:
        EqualizedConv2d.forward, modulation.StyledConv.forward = reference_layer, reference_styled  # type: ignore[method-assign]
    if conv is not None:
        modulation.modulated_conv2d, resampling.resample = conv, plain_resample  # type: ignore[assignment]
        equalized.same_conv = plain_conv
    try:
        yield
    finally:
        modulation.modulated_conv2d, resampling.resample, equalized.same_conv = before
        EqualizedConv2d.forward, modulation.StyledConv.forward = forward  # type: ignore[method-assign]


def parts(
    styles: Callable[[Tensor], Tensor], synthesis: Callable[[Tensor], Tensor], discriminator: nn.Module
) -> dict[str, Workload]:
    """The four parts of an iteration, forward and backward, and pictures without gradients."""
    on_discriminator, on_generator = losses("non_saturating")
    real, mean = torch.rand(BATCH, 3, SIDE, SIDE) * 2 - 1, torch.zeros(())

    def draw() -> Tensor:
        return synthesis(styles(torch.randn(BATCH, WIDTH)))

    def g() -> None:
        discriminator.requires_grad_(False)
        on_generator(discriminator(draw())).backward()
        discriminator.requires_grad_(True)

    def d() -> None:
        with torch.no_grad():
            fake = draw()
        on_discriminator(discriminator(real), discriminator(fake)).backward()

    def r1() -> None:
        r1_penalty(discriminator, real).backward()

    def path() -> None:
        ws = styles(torch.randn(BATCH // 2, WIDTH))
        path_length_penalty(path_lengths(synthesis(ws), ws), mean)[0].backward()

    return {"G": g, "D": d, "R1": r1, "PL": path, SAMPLES: torch.no_grad()(draw)}


def ours(
    conv: Callable[..., Tensor] | None, memory: Memory = nullcontext, layers: bool = False
) -> dict[str, Workload]:
    torch.manual_seed(0)
    size = {"resolution": SIDE, "channel_base": SIDE * CHANNELS, "channel_max": CHANNELS}
    with memory():
        generator = Generator(z_dim=WIDTH, w_dim=WIDTH, **size)
        discriminator = Discriminator(**size)
    found = parts(generator.styles, generator.synthesis, discriminator)

    def inside(work: Workload) -> Workload:
        def run() -> None:
            with ops(conv, layers), memory():
                work()

        return run

    return {name: inside(work) for name, work in found.items()}


def labml() -> dict[str, Workload] | None:
    if peer("labml_nn") is None:
        return None
    from labml_nn.gan import stylegan as theirs

    torch.manual_seed(0)
    size = {"log_resolution": SIDE.bit_length() - 1, "n_features": CHANNELS, "max_features": CHANNELS}
    mapping, discriminator = theirs.MappingNetwork(WIDTH, 8), theirs.Discriminator(**size)
    generator = theirs.Generator(d_latent=WIDTH, **size)

    def styles(z: Tensor) -> Tensor:
        return mapping(z)[:, None].expand(-1, generator.n_blocks, -1)  # (B, blocks, D)

    def synthesis(ws: Tensor) -> Tensor:
        sides = [4 << i for i in range(generator.n_blocks)]
        noise = [tuple(torch.randn(len(ws), 1, side, side) for _ in range(2)) for side in sides]
        return generator(ws.transpose(0, 1), noise)

    return parts(styles, synthesis, discriminator)


def main() -> int:
    found = {
        "gmcourse": ours(None),
        "reference ops": ours(reference_conv),
        "reference ops, rows of pixels": ours(reference_conv, rows_of_pixels),
        "reference layers": ours(reference_conv, layers=True),
        "grouped convolution": ours(grouped_conv),
        "labml-nn": labml(),
    }
    there = {name: rows for name, rows in found.items() if rows is not None}
    kept = True
    for part in [*SHARES, SAMPLES]:
        workloads = {name: rows[part] for name, rows in there.items()}
        compare(part, workloads, reference="reference ops", rounds=5, warm_up=1)

    def sixteen(rows: dict[str, Workload]) -> Workload:
        def run() -> None:
            for part, times in SHARES.items():
                for _ in range(times):
                    rows[part]()

        return run

    # labml-nn would take most of a minute a round, and its parts have told enough
    whole = {name: sixteen(rows) for name, rows in there.items() if name != "labml-nn"}
    title = "sixteen lazy iterations: 16 G + 16 D + 1 R1 + 4 path length"
    kept &= compare(title, whole, reference="reference ops", limits={"gmcourse": 0.80}, rounds=3, warm_up=0)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
