"""Checks of chapter 13: conditional and marginal velocities, the loss, log-densities, Heun, and one step."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

from gmcourse.data import toy
from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import Case, agree, agree_always, part, tensor, uniform
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.independence import independent
from gmcourse.exercises.mistakes import mistake
from gmcourse.exercises.open_task import found_and_why
from gmcourse.metrics.diversity import distances


def _path(which: int, generator: torch.Generator, rows: int, dims: int, straight: bool) -> Case:
    x, noise = torch.randn(2, rows, dims, generator=generator)
    t, (a, b) = (
        uniform(rows, low=0.2, high=0.8, generator=generator),
        (1 + torch.rand(2, generator=generator)).tolist(),
    )
    y, e, s = x.double(), noise.double(), t.double()[:, None]
    path = (
        (s, 1 - s, 1.0, -1.0)
        if straight
        else ((a * s).sin(), (b * s).cos(), a * (a * s).cos(), -b * (b * s).sin())
    )
    alpha, sigma, rate, fall = path
    x_t, want = alpha * y + sigma * e, rate * y + fall * e
    velocities = {
        "that is the straight path's; this α and this σ have rates of their own": y - e,
        "the sign is wrong: time runs from noise to data": -want,
        "that is x_t; its derivative with respect to t is wanted": x_t,
        "the derivative of α is missing": alpha * y + fall * e,
        "the derivative of σ is missing": rate * y + sigma * e,
        "that is x_t / t": x_t / s,
        "the rates of α and σ are swapped": fall * y + rate * e,
        "σ falls: its derivative is subtracted twice": rate * y - fall * e,
    }
    positions = {"α and σ are swapped: α belongs to x": sigma * y + alpha * e}
    functions = (
        (lambda t: t, lambda t: 1 - t)
        if straight
        else (lambda t: torch.sin(a * t), lambda t: torch.cos(b * t))
    )
    return Case((x, noise, t, *functions), (x_t, want)[which], (positions, velocities)[which])


@exercise
def conditional_velocity(answer: Any, generator: torch.Generator) -> None:
    """Check x_t and its derivative for any α and σ.

    Whatever the path, its velocity is known as soon as one knows where it begins and ends.
    """
    for which, what in enumerate(("x_t", "the velocity")):
        one = part(answer, which, "x_t and the velocity")
        shapes = ((4, 3, False), (1, 5, False), (2, 3, True))
        agree_always(one, what, partial(_path, which), generator, *shapes, rtol=1e-3, atol=1e-4)


def _marginal(
    generator: torch.Generator, rows: int, count: int, dims: int, size: float = 1.0, low: float = 0.1
) -> Case:
    data, t = (
        size * torch.randn(count, dims, generator=generator),
        uniform(rows, low=low, high=low + 0.5, generator=generator),
    )
    s, points, far = t.double()[:, None], data.double(), t[:, None] * data[torch.arange(rows) % count]
    x = far + (1 - t[:, None]) * torch.randn(rows, dims, generator=generator)
    y = x.double().requires_grad_()
    each = Independent(Normal(s[:, None] * points, (1 - s)[:, None].expand(-1, count, dims)), 1)
    density = MixtureSameFamily(Categorical(torch.ones(rows, count).double()), each)
    (score,) = torch.autograd.grad(density.log_prob(y).sum(), y)
    y = y.detach()
    want = (y + (1 - s) * score) / s  # E[x] − E[ε], both by Tweedie's formula
    squared, to_x = ((y[:, None] - scale * points).square().sum(2) for scale in (s[:, None], 1.0))

    def pulled(logits: Tensor) -> Tensor:
        return (logits.softmax(1) @ points - y) / (1 - s)

    logits = -squared / (2 * (1 - s) ** 2)
    suspects = {
        "all points weigh the same; those that x may have come from weigh more": pulled(0 * logits),
        "the ½ in the exponent is missing": pulled(2 * logits),
        "the distance is taken to x_i; at time t the point has come to t x_i": pulled(
            -to_x / (2 * (1 - s) ** 2)
        ),
        "the variance at time t is (1 − t)², not 1 − t": pulled(-squared / (2 * (1 - s))),
        "the variance at time t is (1 − t)², not 1": pulled(-squared / 2),
        "the exponent's sign is wrong: the farthest points weigh most": pulled(-logits),
        "that is E[x] − x; it has to be there in the time 1 − t that is left": want * (1 - s),
        "that is E[x], not the velocity that leads there": want * (1 - s) + y,
        "only the likeliest point counts; the others have weights, too": pulled(1e9 * logits),
    }
    return Case((x, t, data), want, suspects)


@exercise
def marginal_velocity(answer: Any, generator: torch.Generator) -> None:
    """Check the mean velocity of all straight paths that pass through x, for a finite data set.

    This is what a network learns that is trained well enough: a closed form, and it leads to the data alone.
    """
    agree_always(answer, "the velocity", _marginal, generator, (3, 7, 2), (1, 5, 3), (4, 2, 6))
    hint = "exp underflows, the weights are 0 / 0: take a softmax, which shifts the exponents first"
    late = partial(_marginal, size=30.0, low=0.45)
    agree_always(answer, "the velocity", late, generator, (3, 7, 2), otherwise=hint, atol=1e-4)
    x, data = torch.randn(3, 2, generator=generator), torch.randn(5, 2, generator=generator)
    value = ask(answer, x, torch.zeros(3), data)
    start = "at t = 0 all points weigh the same, and x is what it is: the mean of the data, minus x"
    agree(value, data.double().mean(0) - x.double(), "the velocity at t = 0", otherwise=start)


@exercise
def flow_matching_loss(answer: Any, generator: torch.Generator) -> None:
    """Check what the network is asked, with which noise and times, and what its answer is compared with.

    One regression, without a likelihood and without solving an ODE, trains a flow.
    """
    for rows, dims in ((4000, 3), (3000, 5)):
        x = 1 + 5 * torch.randn(rows, dims, generator=generator).double()
        (value, x_t, t, v), (_, other, again, _) = (_asked(answer, x, generator) for _ in range(2))
        if float(t.std()) < 1e-6:
            mistake("t: one draw is shared by all rows; each row needs its own")
        if torch.equal(t, again):
            mistake("t is the same at each call: it must be fresh")
        grid = (torch.arange(rows).double() + 0.5) / rows
        if float((t.sort(0).values[:, 0] - grid).abs().max()) > 3.5 / math.sqrt(rows):
            mistake("t is not uniform between 0 and 1")
        noise, turned = (x_t - t * x) / (1 - t), (x_t - (1 - t) * x) / t
        if abs(float(turned.std()) - 1) < 0.2:
            mistake("time runs the other way: noise is at t = 0 and data at t = 1, x_t = t x + (1 − t) ε")
        if abs(float(noise.std()) - 1) > 0.2:
            mistake("x_t is not t x + (1 − t) ε with standard normal ε, for the t that the network is told")
        independent(noise, (other - again * x) / (1 - again), ("row", "dimension"))
        targets = {
            "the noise is the target; the velocity x − ε is wanted": noise,
            "the data are the target; the velocity x − ε is wanted": x,
            "the target's sign is wrong: x − ε leads from noise to data": noise - x,
            "x_t is the target; its velocity x − ε is wanted": x_t,
        }
        if value.requires_grad and value.dim() == 0:
            implied = v - torch.autograd.grad(value, v, retain_graph=True)[0] * rows / 2
            apart = (x - implied).detach()
            if 0.8 < float(apart.std()) < 1.2 and float((apart - noise).abs().mean()) > 0.1:
                mistake("the noise in the target is another draw than the noise in x_t")
        want = (v - x + noise).square().sum(1).mean()
        suspects = {words: (v - each).square().sum(1).mean() for words, each in targets.items()}
        sizes = {"dimensions": dims, "rows": rows}
        agree(value, want, "the loss", suspects, inputs={"the network's answer": v}, sizes=sizes)


def _asked(answer: Any, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The loss, and what the network was asked and answered: x_t, t (B, 1), v."""
    seen: list[tuple[Any, Any, Tensor]] = []

    def network(x_t: Any, t: Any) -> Tensor:
        v = (3 * torch.randn(x.shape, generator=generator).double()).requires_grad_()
        seen.append((x_t, t, v))
        return v

    value = tensor(ask(answer, network, x), "the loss")
    if len(seen) != 1:
        mistake("the network is to be asked once, for all rows together", f"it was asked {len(seen)} times")
    x_t, t, v = seen[0]
    x_t, t = tensor(x_t, "x_t").detach(), tensor(t, "t").detach()
    if t.numel() != len(x):
        mistake("each row needs a time of its own: the network is to be told a t of shape (B,)")
    if x_t.shape != x.shape:
        mistake("the network is to be asked at x_t, which has the shape of x", f"got {tuple(x_t.shape)}")
    return value, x_t, t.reshape(-1, 1), v


def _field(
    generator: torch.Generator, dims: int
) -> tuple[Callable[[Tensor, float], Tensor], Callable[..., Tensor]]:
    """A velocity with a Jacobian that is known, (B, D, D), both as functions of x (B, D) and a number t."""
    into, out = torch.randn(2, dims, dims, generator=generator)
    bias = torch.randn(dims, generator=generator)

    def hidden(x: Tensor, t: float) -> Tensor:
        return torch.tanh(x @ into.to(x) + 3 * t * bias.to(x))

    def jacobian(x: Tensor, t: float) -> Tensor:
        return torch.einsum("jh,bh,hi->bij", into.to(x), 1 - hidden(x, t) ** 2, out.to(x))

    return lambda x, t: hidden(x, t) @ out.to(x), jacobian


def _log_density(generator: torch.Generator, rows: int, dims: int, steps: int) -> Case:
    velocity, jacobian = _field(generator, dims)
    x = torch.randn(rows, dims, generator=generator)

    def walk(h: float, times: list[float], read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        z, total = x.double(), torch.zeros(rows).double()
        for t in times:
            total = total + abs(h) * read(jacobian(z, t))
            z = z + h * velocity(z, t)
        return Normal(0.0, 1.0).log_prob(z).sum(1), total

    def trace(j: Tensor) -> Tensor:
        return j.diagonal(dim1=1, dim2=2).sum(1)

    h, down = 1 / steps, [1 - k / steps for k in range(steps)]
    at_z, total = walk(-h, down, trace)
    up_z, up = walk(h, [k / steps for k in range(steps)], trace)
    late_z, late = walk(-h, [t - h for t in down], trace)
    every, square = (
        walk(-h, down, read)[1] for read in (lambda j: j.sum((1, 2)), lambda j: j.square().sum((1, 2)))
    )
    steps_log = walk(-h, down, lambda j: -torch.linalg.slogdet(torch.eye(dims).double() - h * j)[1] / h)[1]
    suspects = {
        "the divergence is to be subtracted: where the field spreads, the density falls": at_z + total,
        "the normal is evaluated at x; it is the density at the other end, at z": (
            Normal(0.0, 1.0).log_prob(x.double()).sum(1) - total
        ),
        "the divergence is not multiplied by the size of a step": at_z - total * steps,
        "the divergence is missing": at_z,
        "the density of the normal is missing": -total,
        "the walk goes from the data, t = 1, back to the noise": up_z - up,
        "the first slope is taken at t = 1, and the last at t = 1 / steps": late_z - late,
        "all entries of the Jacobian are added up; the divergence is its diagonal": at_z - every,
        "that is the trace of J Jᵀ, the sum of all squared entries": at_z - square,
        "that is the determinant of each step; here the divergence times the step is wanted": at_z
        - steps_log,
        "½ log 2π of each dimension is missing": at_z + dims / 2 * math.log(2 * math.pi) - total,
    }
    return Case((velocity, x, steps), at_z - total, suspects)


@exercise
def log_density(answer: Any, generator: torch.Generator) -> None:
    """Check log p(x) by Euler steps from the data back to noise.

    The likelihood that training did not need is there afterwards, up to the error of the solver.
    """
    agree_always(
        answer, "log p(x)", _log_density, generator, (4, 2, 5), (1, 3, 4), (3, 4, 1), rtol=1e-3, atol=1e-4
    )


def _heun(generator: torch.Generator, rows: int, dims: int, steps: int) -> Case:
    velocity, _ = _field(generator, dims)
    z = torch.randn(rows, dims, generator=generator)

    def walk(
        slope: Callable[[Tensor, float, float], Tensor], count: int = steps, turned: bool = False
    ) -> Tensor:
        x, h = z.double(), 1 / steps
        for k in range(count):
            x = x + h * slope(x, 1 - k * h if turned else k * h, h)
        return x

    def ends(
        at: float = 1.0, reach: float = 1.0, weight: float = 0.5
    ) -> Callable[[Tensor, float, float], Tensor]:
        def slope(x: Tensor, t: float, h: float) -> Tensor:
            first = velocity(x, t)
            return (1 - weight) * first + weight * velocity(x + reach * h * first, t + at * h)

        return slope

    suspects = {
        "that is Euler's method: the slope at the beginning alone": walk(ends(weight=0)),
        "the second slope is taken at the old point, not where the first one leads": walk(ends(reach=0)),
        "the second slope is taken at half the time; it belongs to the end of the step": walk(ends(at=0.5)),
        "the second slope is taken at the old time": walk(ends(at=0)),
        "that is the midpoint method; Heun's takes the mean of both ends": walk(ends(0.5, 0.5, 1.0)),
        "the second slope is used alone, not the mean of both": walk(ends(weight=1)),
        "the slopes are added up; their mean is wanted": walk(lambda *at: 2 * ends()(*at)),
        "that is one step too many": walk(ends(), steps + 1),
        "the last step is missing": walk(ends(), steps - 1),
        "time runs from 0, the noise, to 1": walk(ends(), turned=True),
    }
    return Case((velocity, z, steps), walk(ends()), suspects)


@exercise
def heun(answer: Any, generator: torch.Generator) -> None:
    """Check Heun's method from noise to data, with a number of equal steps.

    Two slopes a step: for the same number of questions to the network it errs far less than Euler's method.
    """
    agree_always(
        answer, "the sample", _heun, generator, (3, 2, 4), (1, 5, 3), (2, 3, 1), rtol=1e-3, atol=1e-4
    )


def _one_step(generator: torch.Generator, count: int, rows: int, dims: int) -> Case:
    data, z = (
        1 + 2 * torch.randn(count, dims, generator=generator),
        torch.randn(rows, dims, generator=generator),
    )
    points, y = data.double(), z.double()
    mean = points.mean(0)
    suspects = {
        "that is the velocity; the step leads from z to z plus it": mean - y,
        "the velocity at t = 0 is the mean minus z, not the mean": y + mean,
        "a point that is typical of all is not their mean": points[
            distances(mean[None], points).argmin(1)
        ].expand_as(y),
        "z comes back: nothing moves": y,
        "0 is the mean of the noise; the data have a mean of their own": 0 * y,
        "at t = 0 z has not seen any data: all points weigh the same": (
            -(distances(y, points) ** 2) / 2
        ).softmax(1)
        @ points,
        "one row for each z is wanted": mean,
    }
    return Case((data, z), mean.expand_as(y), suspects, handed=points[distances(y, points).argmin(1)])


@exercise
def one_step(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: where one Euler step from t = 0 leads.

    Straight paths cross, and their mean velocity is not straight: one step gives the mean of all data.
    """
    agree_always(answer, "the end of the step", _one_step, generator, (7, 4, 2), (5, 3, 6), (6, 1, 3))


@exercise
def choose_sampler(answer: Any, generator: torch.Generator) -> None:
    """Measure the saved samples of every sampler again, and look for the one that was chosen.

    Steps, a better solver, straighter paths: each pays for closeness with something else.
    """
    (chosen, saved), _ = found_and_why(answer)
    moons = toy.load("two_moons")
    real, fresh, known = (moons.sample(2000, generator) for _ in range(3))
    normal = MultivariateNormal(known.mean(0), known.T.cov()).sample((2000,))
    cheap, scores = _energy(normal, real), {}
    for name, x in saved.items():
        if not name.split()[-1].isdigit():
            mistake("each name ends on how often a sample asks the network: `euler 8`", f"got {name!r}")
        x = tensor(x, "the samples")
        if x.dim() != 2 or x.shape[1] != 2 or len(x) < 500:
            mistake("each sampler needs at least 500 points of the plane", f"got {tuple(x.shape)}")
        scores[name] = _energy(x, real)
        print(f"{name}: energy distance {scores[name]:.4f}")
    print(f"true samples {_energy(fresh, real):.4f}, one normal {cheap:.4f}")
    if len(scores) < 4:
        mistake("at least four samplers are wanted", f"got {sorted(scores)}")
    if chosen not in scores:
        mistake("the sampler that you chose is none of those that you measured")
    if scores[chosen] >= cheap:
        mistake("a single normal is as close to the moons as the sampler that you chose")


def _energy(x: Tensor, y: Tensor) -> float:
    """Energy distance of two sets of points: twice the mean distance between them, less those inside of each."""
    return float(2 * distances(x, y).mean() - distances(x, x).mean() - distances(y, y).mean())
