"""Checks of chapter 08: injectors, conditional likelihood, many answers, and what one answer costs."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.data.low_resolution import downsample, pairs
from gmcourse.exercises.checks import ask, by_cases, found_and_why, matches, mistake, show, teaches
from gmcourse.exercises.compare import Case, Draw, agree, log_normal, remembered, tensor
from gmcourse.exercises.independence import independent, near
from gmcourse.metrics.reconstruction import lr_psnr
from gmcourse.models.srflow import SRFlow

N = 8_000  # draws for the spread of answers
FACES = 100  # of the test set, among which the open task chooses


@teaches("The low resolution steers the scale and the shift of every channel, for the price of a sum.")
@by_cases(("the output", "log_det"), [(3, 3, 2, 4, 5), (1, 4, 3, 2, 5), (1, 1, 2, 3, 4)])
def injector(which: int, draw: Draw, contexts: int, *shape: int) -> Case:
    """Check (h + shift) ⊙ s with s = sigmoid(raw + 2), and Σ log s for each row, also for a context of batch one."""
    a = draw.leaf(*shape)
    r, t = (draw.leaf(contexts, *shape[1:]) for _ in range(2))
    s = (r + 2).sigmoid()
    if which == 0:
        suspects = {
            "the scale comes before the shift: it must be (h + shift) ⊙ s": a * s + t,
            "the scale is sigmoid(raw + 2); the 2 makes it start near 1": (a + t) * r.sigmoid(),
            "the scale is sigmoid(raw + 2), not exp(raw)": (a + t) * r.exp(),
            "the scale is sigmoid(raw + 2), not sigmoid(raw) + 2": (a + t) * (r.sigmoid() + 2),
            "raw itself is no scale: it may be negative": (a + t) * r,
            "raw and shift are swapped": (a + r) * (t + 2).sigmoid(),
            "it is divided by s; that is the way back": a / s - t,
            "the shift is subtracted; it is added": (a - t) * s,
            "the shift is missing": a * s,
            "the scale is missing": a + t,
        }
        return Case((a, r, t), (a + t) * s, suspects, {"h": a, "raw": r, "shift": t})
    each, alone, raws = s.log().expand_as(a).flatten(1), s.log().flatten(1).sum(1), r.expand_as(a).flatten(1)
    suspects = {
        "the context has batch 1 and the log-determinant too; one number for each row of h is wanted": alone,
        "the sign is wrong: data to latent multiplies by s": -each.sum(1),
        "this is Σ s; the logarithm of a product of scales is Σ log s": each.exp().sum(1),
        "this is the sum of the raw outputs; the scale went through a sigmoid": raws.sum(1),
        "it is summed over channels only; H and W count as well": s.log().expand_as(a).sum(1),
        "only the first position counts; all H·W do": s.log().expand_as(a)[:, :, 0, 0].sum(1),
    }
    return Case((a, r, t), each.sum(1), suspects, {"raw": r}, {"dimensions": each.shape[1]})


def _affine(scale: int, draw: Draw) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """x, y → z, log_det: an affine map of x whose scale and shift come from the picture y, made large."""
    gain = 0.5 * torch.randn(3, 1, 1, generator=draw)

    def flow(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        if x.shape[2] != y.shape[2] * scale:
            raise ValueError(f"the flow got x {tuple(x.shape)} and y {tuple(y.shape)}: is the order x, y?")
        context = F.interpolate(y, scale_factor=scale, mode="nearest")
        log_scale = (gain * context + 1.5).expand_as(x)
        return (x - context) * log_scale.exp(), log_scale.flatten(1).sum(1)

    return flow


@teaches("So many bits are missing when the low resolution is known.")
def conditional_bits(answer: Any, draw: Draw) -> None:
    """Check the bits per dimension of whole-number pixels, given the low resolution."""
    for batch, height, width, scale in ((6, 4, 5, 2), (1, 5, 2, 4), (2, 4, 1, 4)):
        affine = _affine(scale, draw)
        flow, calls = remembered(affine)
        pixels = torch.randint(0, 256, (batch, 3, height * scale, width * scale), generator=draw)
        low, noise = (draw.uniform(*size) for size in ((batch, 3, height, width), pixels.shape))
        x = (pixels + noise) / 256
        value = ask(answer, pixels, low, flow, noise)
        if not calls:
            mistake("the flow is not asked: its z and log_det are what the likelihood is made of")
        seen = torch.cat([each.detach().double() for each, _ in calls])
        if seen.shape[1:] == x.shape[1:]:  # right in whatever order the pictures came
            nearest = seen[torch.cdist(x.flatten(1), seen.flatten(1)).argmin(1)]
            seen = nearest if matches(nearest, x) else seen[:batch]
        z, log_det = affine(x, low)
        base, dims = log_normal(z), pixels[0].numel()
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
            "this is the log-probability in nats": bound,
        }
        given = {
            "the noise is forgotten; whole numbers have no density": (pixels / 256).double(),
            "it is divided by 255; with the noise, 256 bins fill [0, 1)": x * 256 / 255,
            "the noise must be divided by 256 as well: (pixels + u)/256": pixels / 256 + noise,
            "the pixels are not divided by 256": x * 256,
            "½ is subtracted from the noise; u from [0, 1) was added here": x - 0.5 / 256,
        }
        own = seen.shape == x.shape and bool((seen * 256 - x * 256).abs().max() < 1)
        other = "the noise is drawn anew; that which is given is wanted" if own else "the flow gets another x"
        agree(seen, x, "x", given, otherwise=other)
        agree(value, want, "bits per dimension", suspects)


@teaches("One question, many answers: the encoder has read it only once.")
def answers(answer: Any, draw: Draw) -> None:
    """n answers to one low resolution, which is read once; the temperature is the latents' standard deviation."""
    for n, height, width, scale in ((5, 2, 4, 2), (1, 5, 2, 4)):
        low, temperature = torch.rand(1, 3, height, width, generator=draw), 0.7
        encode, decode = _encoder(draw), _decoder(scale)
        (encoder, read), (inverse, calls) = remembered(encode), remembered(decode)
        got = tensor(ask(answer, low, encoder, inverse, temperature, n, scale), "the answers")
        wanted = (n, 3, scale * height, scale * width)
        if tuple(got.shape) != wanted:
            mistake(f"the answers have shape {tuple(got.shape)}; expected {wanted}")
        rows = sum(len(x) for (x,) in read)  # not calls: one call on n copies is n times the work
        if rows != 1:
            reason = "the low resolution is not read once: give the encoder one picture, once, whatever n is"
            mistake(reason, f"the encoder read {rows} pictures for {n} answers")
        context = encode(low)
        if not all(each.shape[1:] == context.shape[1:] and (each == context).all() for _, each in calls):
            mistake("the flow must be given the context that the encoder made")
        if not calls or not matches(got, torch.cat([decode(*call) for call in calls]).double()):
            mistake("the answers must be what the inverse of the flow makes of the latents")
    for temperature in (0.6, 1.4):
        one, (decoder, calls) = torch.rand(1, 3, 1, 2, generator=draw), remembered(_decoder(2))
        for _ in range(2):
            ask(answer, one, _encoder(draw), decoder, temperature, N, 2)
        noise, again = (torch.cat([z for z, _ in calls]) / temperature).chunk(2)
        found = temperature * float(noise.std())
        if not near(found, temperature, temperature / math.sqrt(2 * noise.numel())) and noise.std(0).min() > 0:
            known = {
                "the temperature is the standard deviation of z; here it is the variance": math.sqrt(temperature),
                "z is multiplied by τ twice": temperature**2,
                "z is not multiplied by the temperature": 1.0,
                "z is divided by the temperature": 1 / temperature,
                "the noise is uniform; it must be normal": temperature / math.sqrt(12),
            }
            for reason, spread in known.items():
                if abs(found - spread) < 0.02 * spread:
                    mistake(reason, f"got a standard deviation of {found:.3f}, expected {temperature}")
            if abs(found - temperature) > 0.1 * temperature:
                mistake("the latents have another spread than τ", f"got a standard deviation of {found:.3f}")
        independent(noise, again, ("answer", "channel", "line", "place"), what="the latents' noise")
    still = ask(answer, low, encode, decode, 0.0, 3, scale)
    centre = decode(torch.zeros(3, *wanted[1:]), context)
    agree(still, centre, "the answer at temperature 0 (it is f⁻¹(0; y))")


def _encoder(draw: Draw) -> Callable[[Tensor], Tensor]:
    """Make a context from a low resolution."""
    weight = torch.randn(3, 1, 1, generator=draw)
    return lambda low: low * weight


def _decoder(scale: int) -> Callable[[Tensor, Tensor], Tensor]:
    """Make x = 2 z + the context made larger from z and the context."""
    return lambda z, context: 2 * z + F.interpolate(context, scale_factor=scale)


@teaches("A draw has twice the squared error of the mean: the blurred answer wins this race.")
@by_cases(("the error of the mean", "the error of a draw"), [(6, 4), (4, 7), (40, 2)])
def two_errors(which: int, draw: Draw, n: int, dims: int) -> Case:
    """Check the squared error of the posterior mean, and of one draw: ½ and 1 of the same number."""
    d = draw.normal(n, dims)
    each, more = (d - d.mean(0)).square().mean(0), n / (n - 1)
    spread, pairs = each.mean(), 2 * each.mean()
    of_mean = {
        "the two are swapped: first the mean, then a draw": pairs * more,
        "it is divided by n − 1; it is an average over the n draws": spread * more,
        "the truth is left out of its mean; the mean is that of all draws": spread * more**2,
    }
    of_draw = {
        "a draw that is compared with itself has error 0; leave those pairs out": pairs,
        "a draw's error is counted as that of the mean": spread,
    }
    return Case((d,), (spread, pairs * more)[which], (of_mean, of_draw)[which], sizes={"dimensions": dims})


@teaches("Two numbers can be compared once both say bits of what, and divided by how many.")
@by_cases("bits per dimension", [(32, 2, 4, 3, 5), (256, 1, 3, 4, 2), (16, 4, 2, 3, 5)])
def published_loss(draw: Draw, grey_levels: int, *shape: int) -> Case:
    """Find the mistakes: a published loss, whose unit is not bits per dimension."""
    z, v = draw.leaf(*shape), draw.leaf(shape[0], std=5.0)
    base, dims, area = log_normal(z), math.prod(shape[1:]), math.prod(shape[2:])

    def bits(counted: int, divided: int, v: Tensor = v, q: int = grey_levels) -> Tensor:
        return -(base + v - counted * math.log(q)) / (divided * math.log(2))

    counts = {
        "the division is repaired; the quantisation constant must count all channels too": (area, dims),
        "the quantisation constant is repaired; the division must count all channels too": (dims, area),
        "the quantisation constant is gone; it belongs there, for every dimension": (0, dims),
        "the quantisation constant has the wrong sign": (-dims, dims),
        "there are not always three channels": (3 * area, 3 * area),
    }
    suspects = {words: bits(*each) for words, each in counts.items()} | {
        "the log-determinant is missing": bits(dims, dims, v=0 * v),
        "there are not always 256 grey levels": bits(dims, dims, q=256),
    }
    trained = {"z": z, "log_det": v}
    return Case((z, v, grey_levels), bits(dims, dims), suspects, trained, handed=bits(area, area))


@teaches("One low resolution and two people: what was lost is lost, and whoever shows one answer hides it.")
def two_faces(answer: Any, draw: Draw) -> None:
    """Measure two answers to one low resolution: whether each explains it, how probable they are, how far apart."""
    found = found_and_why(answer)
    if not isinstance(found, Mapping) or not {"face", "answers"} <= set(found):
        mistake("a dictionary is wanted with the number of the `face` and the two `answers`")
    number, shown = int(found["face"]), tensor(found["answers"], "the answers").float()
    if shown.shape != (2, 3, 32, 32) or bool(((shown < 0) | (shown > 1)).any()):
        mistake("two pictures in [0, 1] are wanted, of shape (2, 3, 32, 32)", f"got {show(shown)}")
    if not 0 <= number < FACES:
        mistake(f"the face is one of the first {FACES} of the test set", f"got number {number}")
    model, low = zoo.load("srflow_faces"), pairs(load("faces", "test", n=FACES), 4).low[number : number + 1]
    assert isinstance(model, SRFlow)
    with torch.no_grad():
        draws = model.sample(low, 1.0, n=32)[0]
        agrees = lr_psnr(shown, low.expand(2, -1, -1, -1), lambda x: downsample(x, 4))
        unlikely = (model.log_prob(draws, low).mean() - model.log_prob(shown, low).min()) / draws[0].numel()
    spread = torch.pdist(draws.flatten(1)).mean() / draws[0].numel() ** 0.5
    apart = float((shown[0] - shown[1]).square().mean().sqrt())
    print(f"LR-PSNR {agrees.min():.1f} dB, {apart:.3f} apart; two draws at τ = 1 are {spread:.3f} on average")
    if agrees.min() < 36:
        mistake("an answer does not explain the low resolution: its LR-PSNR is below 36 dB")
    if unlikely > 0.5:
        mistake("an answer is far less probable than what the flow draws: it is no face of its making")
    if apart < 1.1 * spread:
        mistake("the answers differ no more than two draws do by chance")
