"""Checks of chapter 08: consistency, injectors, conditional likelihood, temperature, and what one answer costs."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn import functional as F

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import show
from gmcourse.exercises.compare import agree, normal, pair, tensor, untouched
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.independence import near
from gmcourse.exercises.mistakes import mistake

N = 20_000  # draws for the spread of answers


@exercise
def consistency(answer: Any, generator: torch.Generator) -> None:
    """PSNR of the answer, made small again, against the low resolution that was given.

    A good answer explains the picture that was given: this number says how well.
    """
    for batch, side, scale in ((3, 2, 4), (1, 3, 2), (4, 4, 2)):
        x = torch.rand(batch, 3, side * scale, side * scale, generator=generator)

        def smaller(pictures: Tensor, scale: int = scale) -> Tensor:
            return F.avg_pool2d(pictures, scale)

        def decibels(error: Tensor) -> Tensor:
            return -10 * error.flatten(1).mean(1).log10()

        low = (smaller(x) + 0.05 * torch.randn(batch, 3, side, side, generator=generator)).clamp(0, 1)
        difference = (smaller(x) - low).double()
        square = difference.square()
        error, want = square.flatten(1).mean(1), decibels(square)
        large = (x - F.interpolate(low, scale_factor=scale, mode="nearest")).double().square()
        suspects = {
            "the low resolution was made large; the answer must be made small": decibels(large),
            "the sign is wrong: a smaller error has more decibels": -want,
            "the factor is 10 for a mean of squares (20 for its root)": 2 * want,
            "this is the natural logarithm; decibels have log₁₀": -10 * error.log(),
            "this is the error; its logarithm is missing": error,
            "the squares are summed; PSNR has their mean": decibels(square * square[0].numel()),
            "this is the mean absolute error; PSNR has squares": decibels(difference.abs()),
            "pixels are in [0, 1] here, so the peak is 1 and not 255": want + 20 * math.log10(255),
            "one error for the whole batch; one number a picture is wanted": -10 * square.mean().log10(),
            "it is averaged over the batch; one number a picture is wanted": want.mean(),
        }
        agree(ask(answer, x, low, smaller), want, "the consistency", suspects, rtol=1e-3)


@exercise
def injector(answer: Any, generator: torch.Generator) -> None:
    """Check (h + shift) ⊙ s with s = sigmoid(raw + 2), and Σ log s for each row, also for a context of batch one.

    The low resolution steers the scale and the shift of every channel, for the price of a sum.
    """
    for rows, channels, side, contexts in ((3, 2, 4, 3), (4, 3, 2, 1), (1, 2, 3, 1)):
        h = normal(rows, channels, side, side, generator=generator)
        raw, shift = (normal(contexts, channels, side, side, generator=generator) for _ in range(2))
        a, r, t = h.double(), raw.double(), shift.double()
        s = (r + 2).sigmoid()
        output, log_det = pair(ask(answer, h, raw, shift), "the output and its log-determinant")
        suspects = {
            "the shift comes before the scale: (h + shift) ⊙ s": a * s + t,
            "the scale is sigmoid(raw + 2); the 2 makes it start near 1": (a + t) * r.sigmoid(),
            "the scale is sigmoid(raw + 2), not exp(raw)": (a + t) * r.exp(),
            "raw itself is no scale: it may be negative": (a + t) * r,
            "it is divided by s; that is the way back": a / s - t,
            "the shift is missing": a * s,
        }
        agree(output, (a + t) * s, "the output", suspects)
        each, sums = s.log().expand_as(a), (1, 2, 3)
        total, alone = each.sum(sums), s.log().sum(sums)
        suspects = {
            "the context has batch 1 and the log-determinant too; one number for each row of h is wanted": alone,
            "the sign is wrong: data to latent multiplies by s": -total,
            "this is Σ s; the logarithm of a product of scales is Σ log s": s.expand_as(a).sum(sums),
            "this is the sum of the raw outputs; the scale went through a sigmoid": r.expand_as(a).sum(sums),
            "it is averaged over the dimensions; it is a sum": each.mean(sums),
            "it is summed over channels only; H and W count as well": each.sum(1),
            "only the first position counts; all H·W do": each[:, :, 0, 0].sum(1),
            "it is summed over the batch; one number a row is wanted": total.sum(),
            "it is averaged over the batch; one number a row is wanted": total.mean(),
        }
        agree(log_det, total, "log_det", suspects, inputs={"raw": raw})


class _Toy:
    """x, y → z, log_det: an affine map of x whose scale and shift come from the picture y, made large."""

    def __init__(self, channels: int, scale: int, generator: torch.Generator) -> None:
        self.scale, self.gain = scale, 0.5 * torch.randn(channels, 1, 1, generator=generator)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        if x.shape[2] != y.shape[2] * self.scale:
            raise ValueError(f"the flow got x {tuple(x.shape)} and y {tuple(y.shape)}: is the order x, y?")
        context = F.interpolate(y, scale_factor=self.scale, mode="nearest")
        log_scale = (self.gain * context + 1.5).expand_as(x)
        return (x - context) * log_scale.exp(), log_scale.flatten(1).sum(1)


@exercise
def conditional_bits(answer: Any, generator: torch.Generator) -> None:
    """Check the bits per dimension of whole-number pixels, given the low resolution.

    So many bits are missing when the low resolution is known.
    """
    for batch, side, scale in ((3, 2, 2), (1, 3, 2), (2, 2, 4)):
        flow = _Toy(3, scale, generator)
        pixels = torch.randint(0, 256, (batch, 3, side * scale, side * scale), generator=generator)
        low = torch.rand(batch, 3, side, side, generator=generator)
        noise = torch.rand(pixels.shape, generator=generator)
        z, log_det = (value.double() for value in flow((pixels + noise) / 256, low))
        base = Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)
        dims = pixels[0].numel()
        bins, density, a_bit = dims * math.log(256), base + log_det, dims * math.log(2)
        bound = density - bins
        counted, no_half = density - bins / 3, bound + 0.5 * dims * math.log(2 * math.pi)
        want = -bound / a_bit
        log_p = {
            "the constant of the bins is missing: a density on [0, 1] is not a probability of pixels": density,
            "the constant of the bins is added; each bin is 1/256 wide, so it is −D log 256": density + bins,
            "the constant of the bins counts H·W positions; all three channels have noise": counted,
            "the log-determinant is missing": base - bins,
            "the log-determinant is subtracted; data to latent, it is added": base - log_det - bins,
            "½ log 2π of each dimension is missing in log N(z; 0, I)": no_half,
        }
        suspects = {words: -each / a_bit for words, each in log_p.items()} | {
            "these are nats per dimension": want * math.log(2),
            "it is divided by H·W; a dimension is one channel of one pixel": 3 * want,
            "the sign is wrong: a code length is positive": -want,
            "this is the log-probability in nats": bound,
            "it is averaged over the batch; one number a picture is wanted": want.mean(),
        }
        agree(ask(answer, pixels, low, flow, noise), want, "bits per dimension", suspects)


@exercise
def answers(answer: Any, generator: torch.Generator) -> None:
    """n answers to one low resolution, which is read once; the temperature is the latents' standard deviation.

    One question, many answers: the encoder has read it only once.
    """
    for n, side in ((5, 2), (1, 3)):
        low = torch.rand(1, 3, side, side, generator=generator)
        encoder, inverse, temperature = _Encoder(generator), _Decoder(), 0.7
        got = tensor(ask(answer, low, encoder, inverse, temperature, n), "the answers")
        wanted = (n, 3, 2 * side, 2 * side)
        if tuple(got.shape) != wanted:
            mistake(f"the answers have shape {tuple(got.shape)}; expected {wanted}")
        if (calls := len(encoder.contexts)) != 1:
            reason = "the low resolution is not read once: call the encoder once, whatever n is"
            mistake(reason, f"{calls} calls")
        if not inverse.contexts or any(c is not encoder.contexts[0] for c in inverse.contexts):
            mistake("the flow must be given the context that the encoder made")
        if n > 1 and torch.equal(got[0], got[1]):
            mistake("all answers are the same: each needs a latent of its own")
    _spread(answer, generator)
    low = torch.rand(1, 3, 2, 2, generator=generator)
    encoder = _Encoder(generator)
    still = ask(answer, low, encoder, _Decoder(), 0.0, 3)
    centre = _Decoder()(torch.zeros(3, 3, 4, 4), encoder.contexts[-1])
    agree(still, centre, "the answer at temperature 0 (it is f⁻¹(0; y))")


def _spread(answer: Any, generator: torch.Generator) -> None:
    """Test mean, standard deviation and independence of the latents, over many answers to one pixel."""
    low, temperature = torch.rand(1, 3, 1, 1, generator=generator), 0.6
    encoder, decoder = _Encoder(generator), _Decoder()
    x = tensor(ask(answer, low, encoder, decoder, temperature, N), "the answers").detach()
    z = (x - decoder.shift(encoder.contexts[-1]).double()) / 2
    found, error = float(z.std()), temperature / math.sqrt(2 * z.numel())
    if not near(found, temperature, error):
        known = {
            "the temperature is the standard deviation of z; here it is the variance": math.sqrt(temperature),
            "z is multiplied by τ twice": temperature**2,
            "z is not multiplied by the temperature": 1.0,
            "z is divided by the temperature": 1 / temperature,
            "the noise is uniform; it must be normal": temperature / math.sqrt(12),
        }
        numbers = f"got a standard deviation of {found:.3f}, expected {temperature}"
        for reason, spread in known.items():
            if abs(found - spread) < 0.02 * spread:
                mistake(reason, numbers)
        mistake("the latents have the wrong spread", numbers)
    if not near(float(z.mean()), 0, temperature / math.sqrt(z.numel())):
        mistake("the latents have the wrong mean: z = τ ε with ε ~ N(0, I)", f"got {show(z.mean())}")
    corner = z[:, 0, 0, 0] * z[:, 1, 1, 1]
    if not near(float(corner.mean()), 0, temperature**2 / math.sqrt(N)):
        mistake("the dimensions of one latent share their noise; each needs its own")


class _Encoder:
    """A context from a low resolution; it remembers what it gave."""

    def __init__(self, generator: torch.Generator) -> None:
        self.contexts: list[Tensor] = []
        self.weight = torch.randn(3, generator=generator)

    def __call__(self, low: Tensor) -> Tensor:
        self.contexts.append(low * self.weight[:, None, None])
        return self.contexts[-1]


class _Decoder:
    """z, context → x = 2 z + the context made twice as large; a context of batch 1 serves every z."""

    def __init__(self) -> None:
        self.contexts: list[Tensor] = []

    @staticmethod
    def shift(context: Tensor) -> Tensor:
        return F.interpolate(context, scale_factor=2, mode="nearest")

    def __call__(self, z: Tensor, context: Tensor) -> Tensor:
        self.contexts.append(context)
        return 2 * z + self.shift(context)


@exercise
def two_errors(answer: Any, generator: torch.Generator) -> None:
    """Check the squared error of the posterior mean, and of one draw: ½ and 1 of the same number.

    A draw has twice the squared error of the mean: the blurred answer wins this race.
    """
    for n, dims in ((6, 4), (3, 7), (40, 2)):
        x = normal(n, dims, generator=generator)
        d = x.double()
        spread = (d - d.mean(0)).square().mean()
        pairs = (d[:, None] - d[None, :]).square().mean()
        more = n / (n - 1)
        value = ask(answer, x)
        if isinstance(value, tuple | list) and len(value) == 2:
            value = torch.stack([tensor(each, "an error") for each in value])
        want, both = torch.stack([spread, pairs * more]), torch.stack([spread, pairs])
        of_mean = "the error of the mean is divided by n − 1; it is an average over the n draws"
        suspects = {
            "a draw that is compared with itself has error 0; leave those pairs out": both,
            "the two are swapped: first the mean, then a draw": want.flip(0),
            "the squares are summed over the dimensions; the mean is wanted": want * dims,
            "these are roots; squared errors are wanted": want.sqrt(),
            "a draw's error is counted as that of the mean": torch.stack([spread, spread]),
            of_mean: both * more,
        }
        agree(value, want, "the two errors", suspects)


@exercise
def published_loss(answer: Any, generator: torch.Generator) -> None:
    """Find the mistakes: a published loss, whose unit is not bits per dimension.

    Two numbers can be compared once both say bits of what, and divided by how many.
    """
    for batch, channels, side, grey_levels in ((3, 3, 4, 32), (1, 3, 2, 256), (2, 1, 4, 16)):
        z = normal(batch, channels, side, side, generator=generator)
        log_det = normal(batch, generator=generator, std=5.0)
        w, v = z.double(), log_det.double()
        base = Normal(0.0, 1.0).log_prob(w).flatten(1).sum(1)
        dims, area = channels * side * side, side * side

        def bits(
            counted: int, divided: int, base: Tensor = base, v: Tensor = v, q: int = grey_levels
        ) -> Tensor:
            return -(base + v - counted * math.log(q)) / (divided * math.log(2))

        want = bits(dims, dims)
        value = ask(answer, z, log_det, grey_levels)
        if channels > 1:
            untouched(value, bits(area, area), "this is still the published loss")
        counts = {
            "the division is repaired; the quantisation constant must count all channels too": (area, dims),
            "the quantisation constant is repaired; the division must count all channels too": (dims, area),
            "the quantisation constant is gone; it belongs there, for every dimension": (0, dims),
            "the quantisation constant has the wrong sign": (-dims, dims),
        }
        suspects = {words: bits(*each) for words, each in counts.items()} | {
            "these are nats; divide by log 2": want * math.log(2),
            "it is averaged over the batch; one number a picture is wanted": want.mean(),
        }
        agree(value, want, "bits per dimension", suspects)
