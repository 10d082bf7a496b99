"""Checks of chapter 05: densities pushed through maps, areas, triangular determinants, the inverse CDF."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import agree, apart, finite, normal, untouched
from gmcourse.exercises.exercise import exercise

Map = Callable[[Tensor], Tensor]


def _maps(generator: torch.Generator) -> list[tuple[Map, Map]]:
    """Return monotone maps of the line with their derivatives: rising, falling, steep and flat."""
    a, b = (0.5 + torch.rand(2, generator=generator)).tolist()
    return [
        (lambda x: a * x + b * x.tanh(), lambda x: a + b * (1 - x.tanh() ** 2)),
        (lambda x: -2 * a * x + 0.7 * x.sin() * a, lambda x: -2 * a + 0.7 * a * x.cos()),
        (lambda x: (b * x).asinh(), lambda x: b / (1 + (b * x) ** 2).sqrt()),
    ]


@exercise
def log_density(answer: Any, generator: torch.Generator) -> None:
    """log p(x) of data x whose image z = f(x) is standard normal, with f′ found by autograd.

    Every invertible map whose Jacobian is known is a density, and can be trained as one.
    """
    law = Normal(0.0, 1.0)
    for (f, slope), n in zip(_maps(generator), (5, 8, 3), strict=True):
        x = normal(n, generator=generator, std=1.5).detach()
        z, s = f(x.double()), slope(x.double())
        base, log_s, wrong_base = law.log_prob(z), s.abs().log(), law.log_prob(x.double())
        suspects = {
            "the slope is missing: mass is kept, not density": base,
            "log |f′| is subtracted; with z = f(x), data to latent, it is added": base - log_s,
            "|f′| is added without its logarithm": base + s.abs(),
            "the absolute value is missing: a falling map has a negative slope": base + s.log(),
            "f′ is taken at z = f(x); it belongs to x": base + slope(z).abs().log(),
            "the base density is taken at x; it belongs to z = f(x)": wrong_base + log_s,
            "this is the density; its logarithm is wanted": (base + log_s).exp(),
            "it is averaged over the batch; one number a sample is wanted": (base + log_s).mean(),
            "it is summed over the batch; one number a sample is wanted": (base + log_s).sum(),
            "the slopes are averaged or summed over the batch": base + s.sum().abs().log(),
        }
        agree(ask(answer, x, f), base + log_s, "log p(x)", suspects)


def _twist(generator: torch.Generator) -> Map:
    """Bend the plane by a map with a full Jacobian, whose determinant changes its sign."""
    a = (torch.rand(6, generator=generator) + 0.3).tolist()

    def f(x: Tensor) -> Tensor:
        u = a[0] * x[..., 0] + a[1] * (a[2] * x[..., 1]).sin()
        v = a[3] * x[..., 1] ** 2 - a[4] * x[..., 0] + a[5] * x[..., 0] * x[..., 1]
        return torch.stack([u, v], dim=-1)

    return f


@exercise
def area_factor(answer: Any, generator: torch.Generator) -> None:
    """Check log |det J| of a map of the plane, one number a point.

    The determinant is an area: where the map stretches, the density gets thin.
    """
    for n in (4, 1, 7):
        det = torch.ones(n)
        while not bool((det < -0.1).any()):  # some point where the plane is turned over, or no |·| is missed
            f = _twist(generator)
            x = normal(n, 2, generator=generator).detach()
            jacobians = torch.stack([torch.autograd.functional.jacobian(f, p) for p in x.double()])
            det = torch.linalg.det(jacobians)
        diagonal = jacobians.diagonal(dim1=1, dim2=2)
        suspects = {
            "this is the determinant; the logarithm of its absolute value is wanted": det,
            "this is |det J|; its logarithm is wanted": det.abs(),
            "the absolute value is missing: a map may turn the plane over": det.log(),
            "the sign is wrong: this is the factor of the inverse": -det.abs().log(),
            "the trace is not the determinant": diagonal.sum(1).abs().log(),
            "only the diagonal of J is used; this J is not triangular": diagonal.abs().log().sum(1),
            "ad + bc in place of ad − bc": (2 * diagonal.prod(1) - det).abs().log(),
            "it is summed over the points; one number a point is wanted": det.abs().log().sum(),
            "it is averaged over the points; one number a point is wanted": det.abs().log().mean(),
        }
        agree(ask(answer, x, f), det.abs().log(), "log |det J|", suspects, rtol=1e-3, atol=1e-4)


@exercise
def triangular_log_det(answer: Any, generator: torch.Generator) -> None:
    """Check log |det L| of lower triangular matrices, from the diagonal alone, without overflow.

    A sum of D logarithms stands for D³ operations: this is why flows are built from triangular Jacobians.
    """
    for batch, size in ((3, 4), (1, 7), (5, 2)):
        matrices = normal(batch, size, size, generator=generator).detach().tril()
        m = matrices.double()
        diagonal = m.diagonal(dim1=1, dim2=2)
        want = diagonal.abs().log().sum(1)
        suspects = {
            "the absolute value is missing: entries of the diagonal may be negative": diagonal.log().sum(1),
            "this is the determinant; its logarithm is wanted": diagonal.prod(1),
            "the absolute value is missing around the product": diagonal.prod(1).log(),
            "the diagonal is summed before the logarithm: that is the trace": diagonal.sum(1).abs().log(),
            "the logarithms are averaged; a product's logarithm is a sum": want / size,
            "all entries are used; only the diagonal counts": m[m != 0].abs().log().sum().expand(batch),
            "it is summed over the batch too; one number a matrix is wanted": want.sum(),
            "the sign is wrong": -want,
        }
        agree(ask(answer, matrices), want, "log |det L|", suspects)
    large = torch.eye(600).expand(2, 600, 600) * torch.tensor([0.1, 12.0])[:, None, None]
    hint = "a product of 600 entries under- or overflows: add logarithms, do not take one of a product"
    got = finite(ask(answer, large), "log |det L|", hint)
    agree(got, 600 * torch.tensor([0.1, 12.0]).log(), "log |det L| for D = 600", rtol=1e-3)


@exercise
def inverse_cdf(answer: Any, generator: torch.Generator) -> None:
    """Check the map F⁻¹ that turns uniform numbers into exponential ones of a given rate, increasing.

    Every density on a line is a map of uniform noise: the oldest generative model.
    """
    for rate in (0.5 + 3 * torch.rand(3, generator=generator)).tolist():
        u = torch.rand(9, generator=generator) * 0.98 + 0.01
        v = u.double()
        want = -(1 - v).log() / rate
        suspects = {
            "−log(u)/λ has the right distribution but falls with u: it is not F⁻¹": -v.log() / rate,
            "1 − u is missing, and the sign": v.log() / rate,
            "the sign is wrong: an exponential number is positive": -want,
            "it is multiplied by the rate; a larger rate gives smaller numbers": want * rate**2,
            "the rate is missing": want * rate,
            "this is F(u), the CDF itself; its inverse is wanted": 1 - (-rate * v).exp(),
            "this is the density at u": rate * (-rate * v).exp(),
        }
        agree(ask(answer, u, rate), want, "F⁻¹(u)", suspects)


@exercise
def repaired_bits(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: bits per dimension of dequantised pixels.

    Bits per dimension now compare models of whole-number pixels with each other.
    """
    for _ in range(3):
        while True:  # until no two mistakes lead to nearly the same number
            dims = int(torch.randint(20, 4000, (), generator=generator))
            grey_levels = int(torch.randint(4, 257, (), generator=generator))
            nats = dims * (0.5 + torch.rand(2, generator=generator))
            suspects = _bits_suspects(nats.double(), dims, grey_levels)
            want = (dims * math.log(grey_levels) - nats.double()) / (dims * math.log(2))
            published = (math.log(grey_levels) - nats.double()) / (dims * math.log(2))
            if apart([float(n[0]) for n in (want, published, *suspects.values())], by=0.005):
                break
        value = ask(answer, nats, dims, grey_levels)
        untouched(value, published, "this is still the published line")
        agree(value, want, "bits per dimension", suspects, rtol=1e-3)


def _bits_suspects(nats: Tensor, dims: int, grey_levels: int) -> dict[str, Tensor]:
    two, constant = math.log(2), dims * math.log(grey_levels)
    a_bit = dims * two
    return {
        "the sign of the density is wrong: more density is fewer bits": (constant + nats) / a_bit,
        "the constant is subtracted from the code length; it must be added": -(nats + constant) / a_bit,
        "nats are not converted: divide by log 2": (constant - nats) / dims,
        "it is not divided by the number of dimensions": (constant - nats) / two,
        "the constant is missing: a density on [0, 1] is no code length": -nats / a_bit,
        "log₂ of the levels was divided by log 2 again": (dims * math.log2(grey_levels) - nats) / a_bit,
    }
