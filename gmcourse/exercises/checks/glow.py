"""Checks of chapter 07: actnorm, 1×1 convolutions, the multi-scale architecture, temperature."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gmcourse import zoo
from gmcourse.data import five_bits, load
from gmcourse.exercises.checks import Mistake, NotDone, ask, by_cases, found_and_why, matches, mistake, show, teaches
from gmcourse.exercises.compare import Case, Draw, agree, agree_always, part, several, tensor
from gmcourse.flows import Dequantized, Flow
from gmcourse.metrics.likelihood import bits_per_dim


def _log_det_suspects(one: Tensor, batch: int, height: int, width: int) -> dict[str, Tensor]:
    """Make what people count who miscount H·W times the `one` of a map that acts at every position."""
    ones, want = torch.ones(batch), height * width * one
    return {
        "H·W is forgotten: the map acts at every position": one * ones,
        "only H is counted; the map acts at H·W positions": height * one * ones,
        "only W is counted; the map acts at H·W positions": width * one * ones,
        "it is counted once for each sample of the batch": batch * want * ones,
        "the log-determinant has no batch dimension; one number a sample is wanted": want,
    }


@teaches("It normalises as batch normalisation does, once; then it is a bijection like any other, and trains.")
def actnorm(answer: Any, draw: Draw) -> None:
    """Check (x + b) ⊙ eˢ and its log-determinant, with b and s from the first batch, and no other."""
    for first, later in (((5, 3, 4, 6), (2, 3, 6, 5)), ((6, 4, 3, 5), (1, 4, 2, 7))):
        batch, channels = first[:2]
        layer = ask(answer, channels)
        before = dict(layer.named_parameters()) if isinstance(layer, nn.Module) else {}
        if not {"b", "s"} <= set(before):
            mistake("`self.b` and `self.s` must stay parameters of a module: the optimiser moves what is one")
        size = draw.uniform(channels, 1, 1, low=2.5, high=3.5)
        size = 1 / size if batch == 5 else size  # far from 1, so that no mistake looks like another by chance
        shift = draw.normal(channels, 1, 1, std=3.0)
        k = (draw.normal(*first) * size + shift).requires_grad_()
        z, log_det = several(ask(layer.forward, k), "z and its log-determinant")
        if any(dict(layer.named_parameters())[name] is not before[name] for name in ("b", "s")):
            reason = "b or s is a new Parameter: an optimiser that was made before would move the old one"
            mistake(reason, "Write into the old one: `self.b.copy_(…)` under `torch.no_grad()`.")
        mean, std = (t[:, None, None] for t in (k.mean((0, 2, 3)), k.std((0, 2, 3), correction=0)))
        unbiased, own = k.std((0, 2, 3))[:, None, None], F.instance_norm(k, eps=0.0)
        alone = (k - k.mean(0)) / k.std(0, correction=0)
        order = "the scale comes first: it is (x + b) ⊙ eˢ, not x ⊙ eˢ + b"
        suspects = {
            "the first batch comes out as it came in: it sets b and s": k,
            "the variance divides by the number of values, not by one less": (k - mean) / unbiased,
            "the mean of each channel is not 0 at the start: b is missing": k / std,
            "the deviation of each channel is not 1 at the start: s is missing": k - mean,
            "it is divided by the variance; the deviation becomes 1 by eˢ = 1/σ": (k - mean) / std**2,
            "it is multiplied by the deviation; eˢ = 1/σ": (k - mean) * std,
            "the mean is added; b = −μ": (k + mean) / std,
            order: k / std - mean,
            "each picture has statistics of its own; they run over the batch too": own,
            "all channels have the same statistics; each has its own": (k - k.mean()) / k.std(correction=0),
            "each position has statistics of its own; they run over H and W too": alone,
        }
        agree(z, (k - mean) / std, "z of the first batch", suspects, rtol=1e-3, atol=1e-4)
        turned = {order: -(mean / std).flatten()}
        agree(layer.b, -mean.flatten(), "b after the first batch", turned, rtol=1e-3, atol=1e-4)
        agree(layer.s, -std.flatten().log(), "s after the first batch", rtol=1e-3, atol=1e-4)
        b, scale = layer.b.double()[:, None, None], layer.s.double().exp()[:, None, None]
        leaves = {"x": k, "self.b": layer.b, "self.s": layer.s}
        agree(z, (k + b) * scale, "z of the first batch", inputs=leaves, rtol=1e-3, atol=1e-4)
        _trains(layer, draw.leaf(*later, std=2.0), log_det, first)


def _trains(layer: Any, k: Tensor, log_det: Any, first: tuple[int, ...]) -> None:
    """Test what comes after the first batch: the same b and s, gradients, and both log-determinants."""
    b, s = layer.b.double()[:, None, None], layer.s.double()
    z, later = several(ask(layer.forward, k), "z and its log-determinant")
    own = F.batch_norm(k, None, None, training=True, eps=1e-12)
    suspects = {
        "a later batch is normalised by its own statistics: only the first sets b and s": own,
        "a later batch comes out as it came in": k,
    }
    leaves = {"x": k, "self.b": layer.b, "self.s": layer.s}
    agree(z, (k + b) * s.exp()[:, None, None], "z of a later batch", suspects, inputs=leaves)
    for value, (batch, _, height, width) in ((log_det, first), (later, tuple(k.shape))):
        total, ones, places = s.sum(), torch.ones(batch), height * width
        suspects = {
            "this sums exp(s); the logarithm of a product of scales is Σ s": places * s.exp().sum() * ones
        } | _log_det_suspects(total, batch, height, width)
        sizes = {"channels": len(s)}
        agree(value, places * total * ones, "log_det", suspects, inputs={"self.s": layer.s}, sizes=sizes)


def _plu(index: int, draw: Draw, channels: int) -> Case:
    # one cycle through all channels: from three channels on, no such permutation is its own inverse
    order = torch.randperm(channels, generator=draw)
    p = torch.eye(channels, dtype=torch.float64)[order.roll(1)[order.argsort()]]
    low, up = (draw.leaf(channels, channels) for _ in range(2))
    s, sg = draw.leaf(channels), torch.where(torch.arange(channels) % 2 == 0, -1.0, 1.0).double()
    given = (p, low, up, s, sg)
    if index:
        suspects = {
            "this is Σ s; its logarithm is wanted, Σ log s": s.exp().sum(),
            "this is |det W|; its logarithm is wanted": s.exp().prod(),
            "the signs are counted in; |det W| takes the absolute value": (sg * s).sum(),
        }
        return Case(given, s.sum(), suspects, {"log_s": s}, {"channels": channels})
    eye = torch.eye(channels, dtype=torch.float64)
    diagonal, strict_low, strict_up = torch.diag(sg * s.exp()), low.tril(-1), up.triu(1)
    left, right = strict_low + eye, strict_up + diagonal
    unsigned, log_scales = strict_up + torch.diag(s.exp()), strict_up + torch.diag(sg * s)
    exchanged = (up.tril(-1) + eye) @ (low.triu(1) + diagonal)
    uncut, raw = (low + eye) @ (up + diagonal), (low.tril() + eye) @ (up.triu() + diagonal)
    suspects = {
        "the order of the factors is wrong: W = P L U": p @ right @ left,
        "P stands on the wrong side: W = P L U": left @ right @ p,
        "P is transposed": p.T @ left @ right,
        "P is missing": left @ right,
        "L has no ones on its diagonal, so W is singular": p @ strict_low @ right,
        "the diagonal of U is exp(log_s) without its sign": p @ left @ unsigned,
        "the diagonal of U is log_s; it is sign · exp(log_s)": p @ left @ log_scales,
        "the diagonal of U is missing, so W is singular": p @ left @ strict_up,
        "the matrices are not cut to triangles: use tril(-1) and triu(1)": p @ uncut,
        "the diagonals of the raw matrices are still in: tril(-1) and triu(1) leave them out": p @ raw,
        "L and U are exchanged: `lower` goes below the diagonal, `upper` above": p @ exchanged,
        "the factors are multiplied entry by entry; W is their matrix product": p * left * right,
    }
    return Case(given, p @ left @ right, suspects, {"lower": low, "upper": up, "log_s": s})


@teaches("The determinant of the 1×1 convolution costs a sum over the channels, not their cube.")
def plu(answer: Any, draw: Draw) -> None:
    """Check W = P (L + I) (U + diag(sign · exp log_s)) and log |det W|."""
    # where the determinant does not look, there is no number: who reads it computes more than a sum
    hidden = torch.full((3, 3), math.nan)
    p, lower, upper, log_s, sign = given = _plu(1, draw, 3).arguments
    other = part(answer, 1, "W and log |det W|")
    if bool(tensor(ask(other, *given), "log |det W|").isnan().any()):
        mistake("log |det W| is NaN: det W may be negative, and its absolute value is wanted")
    try:
        found = ask(other, p, lower + hidden.tril(-1), upper + hidden.triu(1), log_s, sign)
        seen = bool(tensor(found, "log |det W|").isnan().any())
    except Mistake:  # a decomposition stops at what is no number
        seen = True
    if seen:
        mistake("a determinant or a decomposition costs the cube of the channels, and ℓ tells it for a sum")
    agree_always(answer, ("W", "log |det W|"), _plu, draw, (3,), (4,), (6,))


class _Level:
    """The flow of one level: x + ½ tanh(a x), mixed over the channels; it says what it was given."""

    def __init__(self, number: int, channels: int, draw: Draw) -> None:
        self.number, self.channels = number, channels
        self.a = (0.3 + torch.rand(channels, 1, 1, generator=draw)).requires_grad_()
        self.weight = torch.randn(channels, channels, generator=draw) / math.sqrt(channels)

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.ndim != 4 or x.shape[1] != self.channels:
            reason = "squeeze at every level, and let only the first half of the channels go on"
            numbers = f"got {tuple(x.shape)}, expected (B, {self.channels}, …)"
            mistake(f"flow {self.number} gets a wrong number of channels: {reason}", numbers)
        squashed = (self.a * x).tanh()
        slope = 1 + 0.5 * self.a * (1 - squashed**2)
        mixed = torch.einsum("oc,bchw->bohw", self.weight.to(x), x + 0.5 * squashed)
        places = x.shape[2] * x.shape[3]
        volume = torch.linalg.slogdet(self.weight.double()).logabsdet
        return mixed, slope.log().flatten(1).sum(1) + places * volume.to(x)


SQUEEZES: dict[str, Callable[[Tensor], Tensor]] = {
    "the squeeze puts the corners first and the channels last: 4c + 2dy + dx is wanted": lambda x: torch.cat(
        [x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], 1
    ),
    "the squeeze has dx before dy: 4c + 2dy + dx is wanted": lambda x: F.pixel_unshuffle(x.mT, 2).mT,
    "the squeeze makes channels of the picture's quarters; each 2×2 block goes into channels": lambda x: torch.stack(
        [half for row in x.chunk(2, 2) for half in row.chunk(2, 3)], 2
    ).flatten(1, 2),
    "the squeeze is a plain reshape: neighbouring pixels do not come together": lambda x: x.reshape(
        len(x), -1, x.shape[2] // 2, x.shape[3] // 2
    ),
}


def _levels(
    x: Tensor, flows: list[_Level], squeeze: Callable[[Tensor], Tensor] | None = None, on: int = 0
) -> tuple[list[Tensor], list[Tensor]]:
    """The latents and the log-determinants of all levels; half number `on` goes on."""
    latents, log_dets = [], []
    for flow in flows:
        x, log_det = flow((squeeze or (lambda h: F.pixel_unshuffle(h, 2)))(x))
        log_dets.append(log_det)
        if flow is not flows[-1]:
            halves = x.chunk(2, dim=1)
            x = halves[on]
            latents.append(halves[1 - on])
    return [*latents, x], log_dets


@teaches("Half of the numbers leave early: deep levels are cheap, and what is coarse has them for itself.")
def multiscale(answer: Any, draw: Draw) -> None:
    """Check the latents of all levels, one after the other, and the sum of the log-determinants."""
    for shape, count in (((3, 2, 8, 12), 2), ((2, 1, 16, 8), 3), ((1, 3, 4, 6), 1)):
        flows = [_Level(i + 1, shape[1] * 2 ** (i + 2), draw) for i in range(count)]
        x = draw.leaf(*shape)
        latents, log_dets = _levels(x, flows)
        got, log_det = several(ask(answer, x, flows), "the list of latents, and the log-determinant")
        if not isinstance(got, list | tuple):
            mistake("the latents come as a list, one for each level: they differ in shape")
        if len(got) != count:
            mistake("each level has one latent, and no more", f"got {len(got)} latents of {count} levels")
        wrong = {words: _levels(x, flows, squeeze)[0] for words, squeeze in SQUEEZES.items()}
        if count > 1:
            exchanged, _ = _levels(x, flows, on=1)
            wrong["the halves are exchanged: the first goes on, the second stays"] = exchanged
            wrong["the latents come in reverse order: the level that works first comes first"] = latents[::-1]
        leaves = {"x": x} | {f"flows[{i}].a": flow.a for i, flow in enumerate(flows)}
        for i, want in enumerate(latents):
            suspects = {words: each[i] for words, each in wrong.items()}
            needed = dict(list(leaves.items())[: i + 2])
            agree(got[i], want, f"latent {i + 1}", suspects, inputs=needed)
        stacked = torch.stack(log_dets)
        total = stacked.sum(0)
        suspects = {
            "only the last level counts here; log-determinants of levels add up": log_dets[-1],
            "only the first level counts here; log-determinants of levels add up": log_dets[0],
            "the last level's log-determinant is missing": total - log_dets[-1],
            "the log-determinants are multiplied; they add up": stacked.prod(0),
        }
        agree(log_det, total, "log_det", suspects, inputs=leaves, sizes={"levels": count})


@teaches("Cooler samples come from another density, and this is how probable they are in it.")
@by_cases("log p_T(x)", [(4, 3, 0.7), (2, 5, 0.4), (3, 6, 1.6)])
def tempered_log_prob(draw: Draw, rows: int, dim: int, temperature: float) -> Case:
    """log density of x = f⁻¹(T ε), ε ~ N(0, I): the base is N(0, T² I)."""
    x, offset = draw.normal(rows, dim), draw.normal(dim)
    matrix = draw.normal(dim, dim, std=0.4) + 1.5 * torch.eye(dim)
    volume = torch.linalg.slogdet(matrix).logabsdet

    def flow(x: Tensor) -> tuple[Tensor, Tensor]:
        return x @ matrix.T.to(x) + offset.to(x), volume.to(x).expand(len(x))

    z, log_det = flow(x)
    quadratic, log_t = 0.5 * z.square().sum(1), math.log(temperature)
    constant = 0.5 * dim * math.log(2 * math.pi)
    plain, tempered = log_det - constant - quadratic, log_det - constant - dim * log_t
    want = tempered - quadratic / temperature**2
    by_root, multiplied = tempered - quadratic / temperature, tempered - quadratic * temperature**2
    suspects = {
        "T does nothing: this is log p(x)": plain,
        "it is not normalised: −D log T is missing": want + dim * log_t,
        "the sign of D log T is wrong: a narrower base is higher": want + 2 * dim * log_t,
        "−log T is counted once; there are D dimensions": want + (dim - 1) * log_t,
        "z is divided by √T: T multiplies the standard deviation, so z/T": by_root,
        "T is taken for the variance: it is the standard deviation": by_root + dim * log_t / 2,
        "z is multiplied by T; a sample z = T ε has the density of ε = z/T": multiplied,
        "this is log p(x) / T²: the right shape, not normalised": plain / temperature**2,
        "this is T² log p(x): the exponent is 1/T², and it is not normalised": plain * temperature**2,
        "the log-determinant of the flow is missing": want - log_det,
        "the log-determinant of the flow is subtracted; data to latent, it is added": want - 2 * log_det,
        "½ log 2π of each dimension is missing": want + constant,
    }
    return Case((x, flow, temperature), want, suspects)


def _mixed(wanted: str, draw: Draw, shape: tuple[int, int, int, int], negative: bool) -> Case:
    k, channels, mix = draw.leaf(*shape), shape[1], partial(torch.einsum, "oc,bchw->bohw")
    # no rotation, with a determinant of this sign
    w = torch.linalg.qr(draw.normal(channels, channels)).Q * draw.uniform(channels, low=1.2, high=2.2)
    w[0] *= 1 if bool(w.det() < 0) == negative else -1
    inverse, leaves = torch.linalg.inv(w.requires_grad_()), {"x": k, "weight": w}
    if wanted == "z":
        return Case((k, w), mix(w, k), {"W is transposed": mix(w.T, k), "z is x, unchanged": k}, leaves)
    if wanted == "the inverse":
        undone = {
            "it is still the transpose of W: right for a rotation, as W is at the start": mix(w.T, k),
            "W acts once more; its inverse must": mix(w, k),
            "W⁻¹ is transposed": mix(inverse.T, k),
            "each number of W is inverted by itself; the matrix is": mix(1 / w, k),
        }
        return Case((k, w, True), mix(inverse, k), undone)
    log_abs, (batch, _, height, width) = torch.linalg.slogdet(w).logabsdet, shape
    ones, places = torch.ones(batch), height * width
    suspects = {"the sign of det W is counted in": -places * log_abs * ones} if negative else {}
    suspects |= _log_det_suspects(log_abs, batch, height, width) | {
        "this is log Σ |w|, which is no determinant": places * w.abs().sum().log() * ones,
        "a negative determinant counts as 0": 0 * ones,
        "this is |det W|; its logarithm is wanted": places * log_abs.exp() * ones,
    }
    return Case((k, w), places * log_abs * ones, suspects, {"weight": w})


@teaches("A determinant may be negative; a volume is its size. And only a rotation is undone by its transpose.")
def conv(answer: Any, draw: Draw) -> None:
    """Find the mistakes: H·W·log |det W|, also where det W is negative, and the inverse of a W that has learned."""
    case = _mixed("the inverse", draw, (2, 3, 4, 5), True)
    forward = partial(part, answer, what="z and its log-determinant")
    nan = bool(tensor(ask(forward(index=1), *case.arguments[:2]), "log_det").isnan().any())
    turned = next(iter(case.suspects.values()))
    if nan and matches(tensor(ask(answer, *case.arguments), "the inverse"), torch.as_tensor(turned)):
        raise NotDone("not done yet: log_det is NaN where det W is negative, and the inverse is W's transpose")
    if nan:
        mistake("log_det is still NaN where det W is negative: a volume is |det W|")
    shapes = [(shape, sign) for shape in ((3, 4, 2, 5), (2, 3, 4, 6), (5, 2, 3, 1)) for sign in (True, False)]
    for wanted, one in (("z", forward(index=0)), ("log_det", forward(index=1)), ("the inverse", answer)):
        agree_always(one, wanted, partial(_mixed, wanted), draw, *shapes)


@teaches("A density does not say what a face is: it is high wherever a picture is easy to foretell.")
def surprise(answer: Any, draw: Draw) -> None:
    """Compare the bits that Glow needs for a picture with those that it needs for faces."""
    picture = tensor(found_and_why(answer), "the picture")
    if picture.shape != (3, 32, 32) or not torch.equal(picture, picture.round().clamp(0, 255)):
        mistake("the picture must hold whole numbers 0 … 255, of shape (3, 32, 32)", f"got {show(picture)}")
    model = zoo.load("glow_faces")
    assert isinstance(model, Flow)
    glow = Dequantized(model, 32)
    faces = load("faces", "test", n=100).pixels
    with torch.no_grad():
        pixels = five_bits(torch.cat([picture[None].to(torch.uint8), faces]))
        mine, *bits = bits_per_dim(glow.log_prob(pixels), picture.numel()).tolist()
    print(f"{mine:.2f} bits per dimension; 100 faces need {min(bits):.2f} to {max(bits):.2f}")
    if mine >= min(bits):
        mistake("some face is more probable than this picture: it needs fewer bits")
