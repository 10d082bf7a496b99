"""Checks of chapter 07: actnorm, 1×1 convolutions, squeeze, Glow's coupling, temperature."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import agree, fresh_weights, normal, pair, tensor
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.mistakes import NotDone, mistake

SHAPES = ((3, 2, 4, 6), (2, 5, 2, 2), (4, 3, 3, 5))  # H and W differ, so that neither can stand for the other


@exercise
def actnorm(answer: Any, generator: torch.Generator) -> None:
    """Check z = (x + b) ⊙ eˢ for each channel, and the log-determinant H·W·Σ s of each sample.

    This normalisation is a bijection: it has an inverse and a determinant.
    """
    for shape in SHAPES:
        batch, channels, height, width = shape
        x, bias, s = (normal(*size, generator=generator) for size in (shape, (channels,), (channels,)))
        k, b, log_scale = (t.double() for t in (x, bias, s))
        b, scale = b[:, None, None], log_scale[:, None, None].exp()
        z, log_det = pair(ask(answer, x, bias, s), "z and its log-determinant")
        suspects = {
            "the scale comes first here: it is (x + b) ⊙ eˢ, not x ⊙ eˢ + b": k * scale + b,
            "the scale is exp(s); s itself may be negative or zero": (k + b) * log_scale[:, None, None],
            "this is the inverse: data to latent multiplies by exp(s)": k / scale - b,
            "b is subtracted; it is added": (k - b) * scale,
        }
        agree(z, (k + b) * scale, "z", suspects)
        places, total = height * width, log_scale.sum()
        one, exps = torch.ones(batch), log_scale.exp().sum()
        want = places * total * one
        suspects = {
            "H·W is forgotten: each channel's scale acts at every position": total * one,
            "only H or only W is counted; the scale acts at H·W positions": height * total * one,
            "only W is counted; the scale acts at H·W positions": width * total * one,
            "the sign of the log-determinant is wrong": -want,
            "this sums exp(s); the logarithm of a product of scales is Σ s": places * exps * one,
            "it is averaged over the channels; logarithms of a product add up": want / channels,
            "it is summed over the batch; one number a sample is wanted": batch * want,
            "the log-determinant has no batch dimension; one number a sample is wanted": places * total,
        }
        agree(log_det, want, "log_det", suspects, inputs={"s": s})


@exercise
def plu(answer: Any, generator: torch.Generator) -> None:
    """Check W = P (L + I) (U + diag(sign · exp log_s)) and log |det W|.

    The determinant of the 1×1 convolution costs a sum over the channels, not their cube.
    """
    for channels in (3, 2, 6):
        permutation = torch.eye(channels)[torch.randperm(channels, generator=generator)].roll(1, 0)
        lower, upper = (normal(channels, channels, generator=generator) for _ in range(2))
        log_s = normal(channels, generator=generator)
        sign = torch.where(torch.arange(channels) % 2 == 0, -1.0, 1.0)
        p, low, up, s, sg = (t.double() for t in (permutation, lower, upper, log_s, sign))
        eye = torch.eye(channels, dtype=torch.float64)
        diagonal, strict_low, strict_up = torch.diag(sg * s.exp()), low.tril(-1), up.triu(1)
        left, right = strict_low + eye, strict_up + diagonal
        unsigned, log_scales = strict_up + torch.diag(s.exp()), strict_up + torch.diag(sg * s)
        uncut, raw = (low + eye) @ (up + diagonal), (low.tril() + eye) @ (up.triu() + diagonal)
        matrix, log_det = pair(ask(answer, permutation, lower, upper, log_s, sign), "W and log |det W|")
        suspects = {
            "the order of the factors is wrong: W = P L U": p @ right @ left,
            "P stands on the wrong side: W = P L U": left @ right @ p,
            "P is missing": left @ right,
            "L has no ones on its diagonal, so W is singular": p @ strict_low @ right,
            "the diagonal of U is exp(log_s) without its sign": p @ left @ unsigned,
            "the diagonal of U is log_s; it is sign · exp(log_s)": p @ left @ log_scales,
            "the matrices are not cut to triangles: use tril(-1) and triu(1)": p @ uncut,
            "the diagonals of the raw matrices are still in: tril(-1) and triu(1) leave them out": p @ raw,
        }
        agree(matrix, p @ left @ right, "W", suspects)
        want = s.sum()
        suspects = {
            "this is Σ s; its logarithm is wanted, Σ log s": s.exp().sum(),
            "this is |det W|; its logarithm is wanted": s.exp().prod(),
            "the sign of the log-determinant is wrong": -want,
            "the signs are counted in; |det W| takes the absolute value": (sg * s).sum(),
            "it is averaged; the logarithm of a product is a sum": s.mean(),
        }
        if bool(tensor(log_det, "log |det W|").isnan().any()):
            mistake("log |det W| is NaN: det W may be negative, and its absolute value is wanted")
        agree(log_det, want, "log |det W|", suspects, inputs={"log_s": log_s})


@exercise
def squeeze(answer: Any, generator: torch.Generator) -> None:
    """Check the reshaping (B, C, H, W) → (B, 4C, H/2, W/2), channel c·4 + dy·2 + dx.

    No pixel is lost: space became channels, which couplings can mix.
    """
    for batch, channels, height, width in ((2, 3, 4, 6), (1, 1, 2, 4), (3, 2, 6, 2)):
        x = normal(batch, channels, height, width, generator=generator).detach()
        k = x.double()
        half = (height // 2, width // 2)
        shape = (batch, 4 * channels, *half)
        blocks = k.reshape(batch, channels, half[0], 2, half[1], 2)
        quarters = k.reshape(batch, channels, 2, half[0], 2, half[1])
        orders = {
            "the order of channels is that of dx before dy: c·4 + dy·2 + dx is wanted": (0, 1, 5, 3, 2, 4),
            "the corners come first and the channels last: c·4 + dy·2 + dx is wanted": (0, 3, 5, 1, 2, 4),
        }
        cut = quarters.permute(0, 1, 2, 4, 3, 5).reshape(shape)
        suspects = {words: blocks.permute(order).reshape(shape) for words, order in orders.items()} | {
            "a plain reshape: neighbouring pixels do not come together": k.reshape(shape),
            "these are the four quarters of the picture; each 2×2 block goes into channels": cut,
            "pixels are averaged: nothing may be lost": F.avg_pool2d(k, 2),
            "only one pixel of each block is kept": k[:, :, ::2, ::2],
        }
        agree(ask(answer, x), F.pixel_unshuffle(k, 2), "the squeezed picture", suspects)


def _network(inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
    net = nn.Sequential(nn.Conv2d(inputs, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, outputs, 3, padding=1))
    return fresh_weights(net, generator, 0.3)


@exercise
def coupling(answer: Any, generator: torch.Generator) -> None:
    """Glow's affine coupling of images: the second half of the channels becomes (x₂ + t) ⊙ σ(r + 2).

    Any network may stand inside, and the inverse still costs one pass.
    """
    for batch, channels, height, width in ((3, 4, 2, 4), (2, 2, 3, 3), (2, 6, 4, 2)):
        network = _network(channels // 2, channels, generator)
        x = normal(batch, channels, height, width, generator=generator)
        x1, x2 = x.double().chunk(2, dim=1)
        r, t = network(x[:, : channels // 2]).double().chunk(2, dim=1)
        scale = (r + 2).sigmoid()
        z, log_det = pair(ask(answer, x, network), "z and its log-determinant")
        values = {
            "the shift comes first here: (x₂ + t) ⊙ s, not x₂ ⊙ s + t": x2 * scale + t,
            "the 2 is missing: s = σ(r + 2), which is near 1 at the start": (x2 + t) * r.sigmoid(),
            "the scale is exp(r), RealNVP's; Glow's code takes σ(r + 2)": (x2 + t) * r.exp(),
            "r and t are swapped: raw scales come first": (x2 + r) * (t + 2).sigmoid(),
            "this is the inverse": x2 / scale - t,
        }
        suspects = {reason: torch.cat([x1, wrong], 1) for reason, wrong in values.items()}
        agree(z, torch.cat([x1, (x2 + t) * scale], 1), "z", suspects)
        each = F.logsigmoid(r + 2)
        want = each.flatten(1).sum(1)
        suspects = {
            "the sign of the log-determinant is wrong": -want,
            "this is Σ s; the sum of log s is wanted": scale.flatten(1).sum(1),
            "this is Σ r, right for an exponential scale; here log s = log σ(r + 2)": r.flatten(1).sum(1),
            "it is averaged; logarithms of the diagonal add up": each.flatten(1).mean(1),
            "it is summed over the batch too; one number a sample is wanted": each.sum(),
            "only the channels are summed; sum over positions too": each.sum(1),
            "the log-determinant is 0 for additive couplings only": torch.zeros_like(want),
        }
        agree(log_det, want, "log_det", suspects, inputs={"x": x})


class _Affine:
    """z = A x + c with a constant Jacobian: a flow that can be checked in closed form."""

    def __init__(self, dim: int, generator: torch.Generator) -> None:
        self.matrix = torch.randn(dim, dim, generator=generator) * 0.4 + 1.5 * torch.eye(dim)
        self.offset = torch.randn(dim, generator=generator)

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.linalg.slogdet(self.matrix.to(x)).logabsdet
        return x @ self.matrix.T.to(x) + self.offset.to(x), log_det.expand(len(x))


@exercise
def tempered_log_prob(answer: Any, generator: torch.Generator) -> None:
    """log density of x = f⁻¹(T ε), ε ~ N(0, I): the base is N(0, T² I).

    Cooler samples come from another density, and this is how probable they are in it.
    """
    for rows, dim, temperature in ((4, 3, 0.7), (2, 2, 0.5), (3, 5, 1.6)):
        flow = _Affine(dim, generator)
        x = normal(rows, dim, generator=generator).detach()
        z, log_det = flow(x.double())
        quadratic, log_t = 0.5 * z.square().sum(1), math.log(temperature)
        rest = log_det - 0.5 * dim * math.log(2 * math.pi)
        plain, tempered = rest - quadratic, rest - dim * log_t
        want = tempered - quadratic / temperature**2
        by_root, multiplied = tempered - quadratic / temperature, tempered - quadratic * temperature**2
        suspects = {
            "T does nothing: this is log p(x)": plain,
            "it is not normalised: −D log T is missing": want + dim * log_t,
            "the sign of D log T is wrong: a narrower base is higher": want + 2 * dim * log_t,
            "−log T is counted once; there are D dimensions": want + (dim - 1) * log_t,
            "z is divided by √T: T multiplies the standard deviation, so z/T": by_root,
            "z is multiplied by T; a sample z = T ε has the density of ε = z/T": multiplied,
            "this is log p(x) / T²: the right shape, not normalised": plain / temperature**2,
            "this is T² log p(x): the exponent is 1/T², and it is not normalised": plain * temperature**2,
            "the log-determinant of the flow is missing": want - log_det,
        }
        agree(ask(answer, x, flow, temperature), want, "log p_T(x)", suspects)


@exercise
def conv_log_det(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: H·W·log |det W|, also where det W is negative.

    A determinant may be negative; a volume is its size.
    """
    for batch, channels, height, width in ((3, 4, 2, 5), (2, 3, 4, 2), (2, 5, 3, 1)):
        x = normal(batch, channels, height, width, generator=generator).detach()
        for negative in (False, True):
            weight = torch.linalg.qr(torch.randn(channels, channels, generator=generator)).Q
            weight = weight @ torch.diag(torch.rand(channels, generator=generator) + 0.7)
            if bool(weight.det() < 0) != negative:
                weight = weight[torch.tensor([1, 0, *range(2, channels)])]
            weight = weight.requires_grad_()
            places, one = height * width, torch.ones(batch)
            log_abs = torch.linalg.slogdet(weight.double()).logabsdet
            want = places * log_abs * one
            value = tensor(ask(answer, x, weight), "log_det")
            if bool(value.isnan().any()):
                raise NotDone("not done yet: log_det is still NaN where det W is negative")
            log_sum = weight.double().abs().sum().log()
            suspects = {
                "H·W is forgotten: W acts at every position": log_abs * one,
                "only H is counted; W acts at H·W positions": height * log_abs * one,
                "it is counted once for each sample of the batch": batch * want,
                "the log-determinant has no batch dimension; one number a sample is wanted": places * log_abs,
                "this is log Σ |w|, which is no determinant": places * log_sum * one,
                "a negative determinant counts as 0": 0 * one,
                "the sign of det W is counted in": -want if negative else want,
            }
            agree(value, want, "log_det", suspects, inputs={"W": weight})
