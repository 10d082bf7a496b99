"""Checks of chapter 05: densities pushed through maps and chains of maps, areas, triangles, dequantising."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from gmcourse.data import toy
from gmcourse.exercises.checks import ask, by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, agree, log_normal, remembered
from gmcourse.exercises.independence import independent
from gmcourse.models.change_of_variables import PlaneFlow

Map = Callable[[Tensor], Tensor]


@teaches("Every invertible map whose Jacobian is known is a density, and can be trained as one.")
@by_cases("log p(x)", [(5, 0), (8, 1), (3, 2)])
def log_density(draw: Draw, n: int, kind: int) -> Case:
    """log p(x) of data x whose image z = f(x) is standard normal, with f′ found by autograd."""
    # a monotone map of the line: rising, falling, steep or flat
    a, b = (0.5 + torch.rand(2, generator=draw)).tolist()
    maps: list[tuple[Map, Map]] = [
        (lambda x: a * x + b * x.tanh(), lambda x: a + b * (1 - x.tanh() ** 2)),
        (lambda x: -2 * a * x + 0.7 * x.sin() * a, lambda x: -2 * a + 0.7 * a * x.cos()),
        (lambda x: (b * x).asinh(), lambda x: b / (1 + (b * x) ** 2).sqrt()),
    ]
    f, slope = maps[kind]
    x = draw.normal(n, std=1.5)
    z, s = f(x), slope(x)
    base, wrong_base, log_s = log_normal(z[:, None]), log_normal(x[:, None]), s.abs().log()
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


@teaches("The determinant is an area: where the map stretches, the density gets thin.")
@by_cases("log |det J|", [(4,), (1,), (7,)], atol=1e-4, rtol=1e-3)
def area_factor(draw: Draw, n: int) -> Case:
    """Check log |det J| of a map of the plane, one number a point."""

    def f(x: Tensor) -> Tensor:  # bends the plane, with a full Jacobian
        u = a[0] * x[..., 0] + a[1] * (a[2] * x[..., 1]).sin()
        v = a[3] * x[..., 1] ** 2 - a[4] * x[..., 0] + a[5] * x[..., 0] * x[..., 1]
        return torch.stack([u, v], dim=-1)

    det = torch.ones(n)
    while not bool((det < -0.1).any() and (det.abs() > 0.01).all()):  # the plane is turned over somewhere
        a, x = draw.uniform(6, low=0.3, high=1.3).tolist(), draw.normal(n, 2)
        jacobians = torch.stack([torch.autograd.functional.jacobian(f, p) for p in x])
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


LONG = "a product of 600 entries under- or overflows: add logarithms, do not take one of a product"
MORE = "more than the diagonal is read: with NaN below it, O(D) operations would still give a number"


@teaches("A sum of D logarithms stands for D³ operations: this is why flows are built from triangular Jacobians.")
@by_cases("log |det L|", [(3, 4), (1, 7), (5, 2)], edges={LONG: (2, 600, 1.0, 12.0), MORE: (3, 5, math.nan)})
def triangular_log_det(draw: Draw, batch: int, size: int, below: float = 1.0, far: float = 1.0) -> Case:
    """Check log |det L| of lower triangular matrices, from the diagonal alone, without overflow."""
    scale = far ** (1 - 2 * (torch.arange(batch) % 2))[:, None]
    diagonal = scale * draw.normal(batch, size)
    m = (below * draw.normal(batch, size, size)).tril(-1) + diagonal.diag_embed()
    want = diagonal.abs().log().sum(1)
    suspects = {
        "the absolute value is missing: entries of the diagonal may be negative": diagonal.log().sum(1),
        "this is the determinant; its logarithm is wanted": diagonal.prod(1),
        "the absolute value is missing around the product": diagonal.prod(1).log(),
        "the diagonal is summed before the logarithm: that is the trace": diagonal.sum(1).abs().log(),
        "the logarithms are averaged; a product's logarithm is a sum": want / size,
        "all entries are used; only the diagonal counts": m[m != 0].abs().log().sum().expand(batch),
    }
    return Case((m,), want, {} if math.isnan(below) else suspects)


@teaches("Jacobians multiply, log-determinants add: this line is every flow of the next four chapters.")
@by_cases("log p(x)", [(5, 2, 3), (4, 3, 2), (3, 4, 1), (1, 2, 5)], rtol=1e-3)
def composed_log_prob(draw: Draw, batch: int, dims: int, depth: int) -> Case:
    """Check log p(x) of a chain of maps, each with its log-determinant at the point that it is given."""
    # maps that bend each number and turn the order of all of them round
    parameters = draw.uniform(depth, dims, 2, low=0.3, high=1.3).requires_grad_()

    def layer(i: int) -> tuple[Map, Map]:
        a, b = parameters[i].T
        return (
            lambda x: (1.5 * a.to(x) * x + 2 * b.to(x) * x.tanh() + 0.3 * i).flip(-1),
            lambda x: (1.5 * a.to(x) + 2 * b.to(x) * (1 - x.tanh() ** 2)).log().sum(-1),
        )

    layers = [layer(i) for i in range(depth)]
    points = [draw.normal(batch, dims)]
    for f, _ in layers:
        points.append(f(points[-1]))

    def dets_at(places: list[Tensor]) -> Tensor:
        return torch.stack([log_det(place) for (_, log_det), place in zip(layers, places, strict=True)])

    dets, base = dets_at(points[:-1]), log_normal(points[-1])
    at_x, at_z, late = (dets_at(places).sum(0) for places in (points[:1] * depth, points[-1:] * depth, points[1:]))
    backwards, turned = points[0], torch.zeros(batch, dtype=torch.float64)
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
        "the maps are taken in the wrong order: the first of the list comes first": turned + log_normal(backwards),
        "the base density is taken at x; it belongs to z": log_normal(points[0]) + dets.sum(0),
        "the base density is averaged over the dimensions": base / dims + dets.sum(0),
        "this is the sum of log-determinants; log p(z) is missing": dets.sum(0),
        "½ log 2π is missing in the base density": want + 0.5 * dims * math.log(2 * math.pi),
    }
    return Case((points[0], layers), want, {} if depth < 2 else suspects, {"the maps' parameters": parameters})


@teaches("A density of continuous numbers now says something about whole ones: how many bits they cost.")
def dequantised_bound(answer: Any, draw: Draw) -> None:
    """Check log p((x + u)/levels) − D log levels, with fresh uniform noise for each pixel."""
    for batch, dims, levels in ((3000, 5, 8), (2000, 3, 256)):
        pixels = torch.randint(levels, (batch, dims), generator=draw)
        scale, shift = draw.uniform(2, dims)
        density, calls = remembered(
            lambda y, a=scale, b=shift: (torch.as_tensor(y).double() * a - b).square().sum(-1)
        )
        noises = []
        for _ in range(2):
            calls.clear()
            value = ask(answer, density, pixels, levels)
            asked = [torch.as_tensor(y).detach().double() for y, *_ in calls]
            if sum(map(len, asked)) != batch:
                mistake("the density is to be asked once for each picture, with its own noise")
            y = torch.cat(asked)
            noise = y * levels - pixels
            if float(noise.std()) < 1e-3:
                mistake("the density is asked at whole numbers: the noise is missing")
            if float(y.max()) > 1.5:
                mistake("the density lives on [0, 1]: divide by the number of levels")
            fits = [float((u - 0.5).abs().max()) < 0.501 for u in (noise, y * (levels - 1) - pixels)]
            if fits == [False, True]:
                mistake("it is divided by levels − 1; levels cells of width 1/levels fill [0, 1]")
            if not fits[0]:
                mistake("the noise leaves [0, 1): it is uniform there (`rand`), and added before the division")
            log_p, constant, bit = (y * scale - shift).square().sum(1), dims * math.log(levels), math.log(2)
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


@teaches("Bits per dimension now compare models of whole-number pixels with each other.")
@by_cases("bits per dimension", [()], rtol=1e-3)
def repaired_bits(draw: Draw) -> Case:
    """Find the mistake: bits per dimension of dequantised pixels."""
    dims = int(torch.randint(20, 4000, (), generator=draw))
    grey_levels = int(torch.randint(4, 257, (), generator=draw))
    n = dims * draw.uniform(3, low=0.5, high=1.5)
    constant, a_bit = dims * math.log(grey_levels), dims * math.log(2)
    suspects = {
        "the sign of the density is wrong: more density is fewer bits": (constant + n) / a_bit,
        "the constant is subtracted from the code length; it must be added": -(n + constant) / a_bit,
        "it is not divided by the number of dimensions": (constant - n) / math.log(2),
        "the constant is missing: a density on [0, 1] is no code length": -n / a_bit,
        "log₂ of the levels was divided by log 2 again": (dims * math.log2(grey_levels) - n) / a_bit,
        "the levels are there without their logarithm": (dims * grey_levels - n) / a_bit,
    }
    handed = (math.log(grey_levels) - n) / a_bit
    return Case((n, dims, grey_levels), (constant - n) / a_bit, suspects, handed=handed)


@teaches("A flow bends one cloud: it can thin the bridge between two islands, and never cut it.")
def my_flow(answer: Any, draw: Draw) -> None:
    """Compute the divergence of a saved flow from a density that was chosen for it."""
    name, couplings, saved = found_and_why(answer)
    if name not in toy.NAMES:
        mistake(f"the density is none of the course's: {', '.join(toy.NAMES)}")
    flow = PlaneFlow(couplings=couplings)
    try:
        flow.load_state_dict(dict(saved))
    except RuntimeError:
        mistake(f"the saved weights are not those of a flow with {couplings} couplings: delete the file, run again")
    truth = toy.load(name)
    x = truth.sample(8000, draw)
    with torch.no_grad():
        log_p, log_q = truth.log_prob(x).double(), flow.log_prob(x).double()
    one = MultivariateNormal(x.mean(0), torch.cov(x.T)).log_prob(x).double()
    kl, of_normal = float((log_p - log_q).mean()), float((log_p - one).mean())
    print(f"KL(truth ‖ flow) = {kl:.2f} nats on {name}; a fitted normal has {of_normal:.2f}")
    if not kl < of_normal / 2:
        mistake("the flow is not twice as near to the truth as one normal: train longer, or give it more couplings")
