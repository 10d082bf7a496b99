"""Checks of chapter 05: densities pushed through maps and chains of maps, areas, triangles, dequantising."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from gmcourse.data import toy
from gmcourse.exercises.checks import ask, by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, agree, agree_always, finite, remembered
from gmcourse.exercises.independence import independent
from gmcourse.models.change_of_variables import PlaneFlow

Map = Callable[[Tensor], Tensor]


@teaches("Every invertible map whose Jacobian is known is a density, and can be trained as one.")
@by_cases("log p(x)", [(5, 0), (8, 1), (3, 2)])
def log_density(generator: torch.Generator, n: int, kind: int) -> Case:
    """log p(x) of data x whose image z = f(x) is standard normal, with f′ found by autograd."""
    # a monotone map of the line: rising, falling, steep or flat
    a, b = (0.5 + torch.rand(2, generator=generator)).tolist()
    maps: list[tuple[Map, Map]] = [
        (lambda x: a * x + b * x.tanh(), lambda x: a + b * (1 - x.tanh() ** 2)),
        (lambda x: -2 * a * x + 0.7 * x.sin() * a, lambda x: -2 * a + 0.7 * a * x.cos()),
        (lambda x: (b * x).asinh(), lambda x: b / (1 + (b * x) ** 2).sqrt()),
    ]
    f, slope = maps[kind]
    law, x = Normal(0.0, 1.0), 1.5 * torch.randn(n, generator=generator)
    z, s = f(x.double()), slope(x.double())
    base, log_s, wrong_base = law.log_prob(z), s.abs().log(), law.log_prob(x.double())
    suspects = {
        "the slope is missing: mass is kept, not density": base,
        "log |f′| is subtracted; with z = f(x), data to latent, it is added": base - log_s,
        "|f′| is added without its logarithm": base + s.abs(),
        "the absolute value is missing: a falling map has a negative slope": base + s.log(),
        "f′ is taken at z = f(x); it belongs to x": base + slope(z).abs().log(),
        "the base density is taken at x; it belongs to z = f(x)": wrong_base + log_s,
        "the slopes are averaged or summed over the batch": base + s.sum().abs().log(),
        "½ log 2π is missing in the base density": base + log_s + 0.5 * math.log(2 * math.pi),
    }
    return Case((x, f), base + log_s, suspects)


def _twist(generator: torch.Generator) -> Map:
    """Bend the plane by a map with a full Jacobian, whose determinant changes its sign."""
    a = (torch.rand(6, generator=generator) + 0.3).tolist()

    def f(x: Tensor) -> Tensor:
        u = a[0] * x[..., 0] + a[1] * (a[2] * x[..., 1]).sin()
        v = a[3] * x[..., 1] ** 2 - a[4] * x[..., 0] + a[5] * x[..., 0] * x[..., 1]
        return torch.stack([u, v], dim=-1)

    return f


@teaches("The determinant is an area: where the map stretches, the density gets thin.")
@by_cases("log |det J|", [(4,), (1,), (7,)], atol=1e-4, rtol=1e-3)
def area_factor(generator: torch.Generator, n: int) -> Case:
    """Check log |det J| of a map of the plane, one number a point."""
    det = torch.ones(n)
    while not bool((det < -0.1).any() and (det.abs() > 0.01).all()):  # the plane is turned over somewhere
        f = _twist(generator)
        x = torch.randn(n, 2, generator=generator)
        jacobians = torch.stack([torch.autograd.functional.jacobian(f, p) for p in x.double()])
        det = torch.linalg.det(jacobians)
    diagonal = jacobians.diagonal(dim1=1, dim2=2)
    suspects = {
        "this is the determinant; the logarithm of its absolute value is wanted": det,
        "the absolute value is missing: a map may turn the plane over": det.log(),
        "the sign is wrong: this is the factor of the inverse": -det.abs().log(),
        "the trace is not the determinant": diagonal.sum(1).abs().log(),
        "only the diagonal of J is used; this J is not triangular": diagonal.abs().log().sum(1),
        "ad + bc in place of ad − bc": (2 * diagonal.prod(1) - det).abs().log(),
    }
    return Case((x, f), det.abs().log(), suspects)


def _triangles(generator: torch.Generator, batch: int, size: int) -> Case:
    matrices = torch.randn(batch, size, size, generator=generator).tril()
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
    }
    return Case((matrices,), want, suspects)


@teaches("A sum of D logarithms stands for D³ operations: this is why flows are built from triangular Jacobians.")
def triangular_log_det(answer: Any, generator: torch.Generator) -> None:
    """Check log |det L| of lower triangular matrices, from the diagonal alone, without overflow."""
    agree_always(answer, "log |det L|", _triangles, generator, (3, 4), (1, 7), (5, 2))
    large = torch.eye(600).expand(2, 600, 600) * torch.tensor([0.1, 12.0])[:, None, None]
    hint = "a product of 600 entries under- or overflows: add logarithms, do not take one of a product"
    got = finite(ask(answer, large), "log |det L|", hint)
    agree(got, 600 * torch.tensor([0.1, 12.0]).log(), "log |det L| for D = 600", rtol=1e-3)
    # O(D) operations read the diagonal alone: below it nothing is a number here
    matrices = torch.full((3, 5, 5), math.nan).tril(-1) + torch.diag_embed(2 + torch.rand(3, 5, generator=generator))
    want = matrices.diagonal(dim1=1, dim2=2).log().sum(1)
    reason = "more than the diagonal is read: with NaN below it, O(D) operations would still give a number"
    agree(ask(answer, matrices), want, "log |det L|", otherwise=reason)


@teaches("Jacobians multiply, log-determinants add: this line is every flow of the next four chapters.")
@by_cases("log p(x)", [(5, 2, 3), (4, 3, 2), (3, 4, 1), (1, 2, 5)], rtol=1e-3, times=2)
def composed_log_prob(generator: torch.Generator, batch: int, dims: int, depth: int) -> Case:
    """Check log p(x) of a chain of maps, each with its log-determinant at the point that it is given."""
    # maps that bend each number and turn the order of all of them round
    parameters = (0.3 + torch.rand(depth, dims, 2, generator=generator)).requires_grad_()

    def layer(i: int) -> tuple[Map, Map]:
        def f(x: Tensor) -> Tensor:
            a, b = (parameters[i, :, j].to(x.dtype) for j in (0, 1))
            return (1.5 * a * x + 2 * b * x.tanh() + 0.3 * i).flip(-1)

        def log_det(x: Tensor) -> Tensor:
            a, b = (parameters[i, :, j].to(x.dtype) for j in (0, 1))
            return (1.5 * a + 2 * b * (1 - x.tanh() ** 2)).log().sum(-1)

        return f, log_det

    layers = [layer(i) for i in range(depth)]
    x = torch.randn(batch, dims, generator=generator)
    points = [x.double()]
    for f, _ in layers:
        points.append(f(points[-1]))

    def dets_at(places: list[Tensor]) -> Tensor:
        return torch.stack([log_det(place) for (_, log_det), place in zip(layers, places, strict=True)])

    def normal(z: Tensor) -> Tensor:
        return Normal(0.0, 1.0).log_prob(z).sum(1)

    dets, base = dets_at(points[:-1]), normal(points[-1])
    at_x, at_z, late = (dets_at(places).sum(0) for places in (points[:1] * depth, points[-1:] * depth, points[1:]))
    backwards = x.double()
    turned = torch.zeros(batch, dtype=torch.float64)
    for f, log_det in layers[::-1]:
        turned, backwards = turned + log_det(backwards), f(backwards)
    want = base + dets.sum(0)
    suspects = {
        "every log-determinant is taken at x; each belongs to the point that its map is given": base + at_x,
        "every log-determinant is taken at the end, z": base + at_z,
        "each log-determinant is taken after its map; it belongs to the point before": base + late,
        "the log-determinants are subtracted; from data to latent they are added": base - dets.sum(0),
        "the log-determinants are missing": base,
        "only the last log-determinant is there": base + dets[-1],
        "only the first log-determinant is there": base + dets[0],
        "the log-determinants are averaged over the maps; they add up": base + dets.mean(0),
        "the log-determinants are multiplied; they add up": base + dets.prod(0),
        "the maps are taken in the wrong order: the first of the list comes first": turned + normal(backwards),
        "the base density is taken at x; it belongs to z": normal(points[0]) + dets.sum(0),
        "the base density is averaged over the dimensions": base / dims + dets.sum(0),
        "this is the sum of log-determinants; log p(z) is missing": dets.sum(0),
        "½ log 2π is missing in the base density": want + 0.5 * dims * math.log(2 * math.pi),
    }
    return Case((x, layers), want, {} if depth < 2 else suspects, {"the maps' parameters": parameters})


def _parabola(dims: int, generator: torch.Generator) -> Callable[[Any], Tensor]:
    """Make what stands for a log-density."""
    scale, shift = (torch.rand(dims, generator=generator).double() for _ in range(2))
    return lambda y: (torch.as_tensor(y).double() * scale - shift).square().sum(-1)


@teaches("A density of continuous numbers now says something about whole ones: how many bits they cost.")
def dequantised_bound(answer: Any, generator: torch.Generator) -> None:
    """Check log p((x + u)/levels) − D log levels, with fresh uniform noise for each pixel."""
    for batch, dims, levels in ((3000, 5, 8), (2000, 3, 256)):
        pixels = torch.randint(levels, (batch, dims), generator=generator)
        log_density, noises = _parabola(dims, generator), []
        for _ in range(2):
            density, calls = remembered(log_density)
            value = ask(answer, density, pixels, levels)
            asked = [torch.as_tensor(y).detach().double() for (y,) in calls]
            if sum(map(len, asked)) != batch:
                mistake("the density is to be asked once for each picture, with its own noise")
            y = torch.cat(asked)
            noise = y * levels - pixels
            _in_unit_cell(noise, y, pixels, levels)
            log_p, constant, bit = log_density(y), dims * math.log(levels), math.log(2)
            suspects = {
                "D log(levels) is missing: a density on [0, 1] is not one on the levels": log_p,
                "D log(levels) is added; a smaller cell has less probability": log_p + constant,
                "log(levels) is subtracted once; it is D of them": log_p - constant / dims,
                "that is minus the bound, a code length": constant - log_p,
                "log₂ of the levels does not go with nats": log_p - constant / bit,
                "that is bits per dimension; nats are wanted": (constant - log_p) / (dims * bit),
            }
            agree(value, log_p - constant, "the bound", suspects)
            noises.append(torch.special.ndtri(noise.clamp(1e-6, 1 - 1e-6)))
        independent(noises[0], noises[1], ("picture", "pixel"))


def _in_unit_cell(noise: Tensor, y: Tensor, pixels: Tensor, levels: int) -> None:
    """Say what is wrong with the noise if it does not fill [0, 1)."""

    def inside(noise: Tensor) -> bool:
        return float(noise.min()) > -1e-3 and float(noise.max()) < 1 + 1e-3

    if float(noise.std()) < 1e-3:
        mistake("the density is asked at whole numbers: the noise is missing")
    if float(y.max()) > 1.5:
        mistake("the density lives on [0, 1]: divide by the number of levels")
    if not inside(noise) and inside(y * (levels - 1) - pixels):
        mistake("it is divided by levels − 1; levels cells of width 1/levels fill [0, 1]")
    if not inside(noise):
        mistake("the noise leaves [0, 1): it is uniform there (`rand`), and added before the division")


@teaches("Bits per dimension now compare models of whole-number pixels with each other.")
@by_cases("bits per dimension", [()], rtol=1e-3)
def repaired_bits(generator: torch.Generator) -> Case:
    """Find the mistake: bits per dimension of dequantised pixels."""
    dims = int(torch.randint(20, 4000, (), generator=generator))
    grey_levels = int(torch.randint(4, 257, (), generator=generator))
    nats = dims * (0.5 + torch.rand(3, generator=generator))
    n, constant, a_bit = nats.double(), dims * math.log(grey_levels), dims * math.log(2)
    suspects = {
        "the sign of the density is wrong: more density is fewer bits": (constant + n) / a_bit,
        "the constant is subtracted from the code length; it must be added": -(n + constant) / a_bit,
        "nats are not converted: divide by log 2": (constant - n) / dims,
        "it is not divided by the number of dimensions": (constant - n) / math.log(2),
        "the constant is missing: a density on [0, 1] is no code length": -n / a_bit,
        "log₂ of the levels was divided by log 2 again": (dims * math.log2(grey_levels) - n) / a_bit,
        "the levels are there without their logarithm": (dims * grey_levels - n) / a_bit,
    }
    handed = (math.log(grey_levels) - n) / a_bit
    return Case((nats, dims, grey_levels), (constant - n) / a_bit, suspects, handed=handed)


@teaches("A flow bends one cloud: it can thin the bridge between two islands, and never cut it.")
def my_flow(answer: Any, generator: torch.Generator) -> None:
    """Compute the divergence of a saved flow from a density that was chosen for it."""
    (name, couplings, saved), _ = found_and_why(answer)
    if name not in toy.NAMES:
        mistake(f"the density is none of the course's: {', '.join(toy.NAMES)}")
    flow = PlaneFlow(couplings=couplings)
    try:
        flow.load_state_dict(dict(saved))
    except RuntimeError:
        mistake(f"the saved weights are not those of a flow with {couplings} couplings: delete the file, run again")
    truth = toy.load(name)
    x = truth.sample(8000, generator)
    with torch.no_grad():
        log_p, log_q = truth.log_prob(x).double(), flow.log_prob(x).double()
    one = MultivariateNormal(x.mean(0), torch.cov(x.T)).log_prob(x).double()
    kl, of_normal = float((log_p - log_q).mean()), float((log_p - one).mean())
    print(f"KL(truth ‖ flow) = {kl:.2f} nats on {name}; a fitted normal has {of_normal:.2f}")
    if not kl < of_normal / 2:
        mistake("the flow is not twice as near to the truth as one normal: train longer, or give it more couplings")
