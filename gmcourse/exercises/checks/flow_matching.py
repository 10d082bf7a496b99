"""Checks of chapter 13: conditional and marginal velocities, the loss, log-densities, Heun, and one step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from gmcourse.data import toy
from gmcourse.exercises.checks import ask, by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, agree, agree_always, log_normal, tensor
from gmcourse.exercises.independence import independent, tied
from gmcourse.metrics.diversity import distances

Field = Callable[[Tensor, float], Tensor]


@teaches("Whatever the path, its velocity is known as soon as one knows where it begins and ends.")
@by_cases(("x_t", "the velocity"), [(4, 3), (1, 5)])
def conditional_velocity(which: int, draw: Draw, rows: int, dims: int) -> Case:
    """Check x_t and its derivative for any α and σ."""
    (y, e), s = draw.normal(2, rows, dims), draw.uniform(rows, 1, low=0.2, high=0.8)
    a, b = draw.uniform(2, low=1.0, high=2.0).tolist()
    alpha, sigma, rate, fall = (a * s).sin(), (b * s).cos(), a * (a * s).cos(), -b * (b * s).sin()
    x_t, want = alpha * y + sigma * e, rate * y + fall * e
    there = a * (a - a * s).cos() * y - b * (b - b * s).sin() * e
    velocities = {
        "that is the straight path's; this α and this σ have rates of their own": y - e,
        "the sign is wrong: time runs from noise to data": -want,
        "that is the velocity at 1 − t": there,
        "time runs backwards: that is the velocity at 1 − t": -there,
        "that is x_t; its derivative with respect to t is wanted": x_t,
        "the derivative of α is missing": alpha * y + fall * e,
        "the derivative of σ is missing": rate * y + sigma * e,
        "that is x_t / t": x_t / s,
        "the rates of α and σ are swapped": fall * y + rate * e,
        "σ falls: its derivative is subtracted twice": rate * y - fall * e,
    }
    positions = {
        "α and σ are swapped: α belongs to x": sigma * y + alpha * e,
        "t and 1 − t are the straight path's; here α and σ are given": s * y + (1 - s) * e,
        "that is x at 1 − t": (a - a * s).sin() * y + (b - b * s).cos() * e,
    }
    arguments = y, e, s[:, 0], lambda t: torch.sin(a * t), lambda t: torch.cos(b * t)
    return Case(arguments, (x_t, want)[which], (positions, velocities)[which])


def _marginal(draw: Draw, rows: int, count: int, dims: int, far: float = 1.0) -> Case:
    """A case in which all densities of x underflow, if it is far."""
    points, s = draw.normal(count, dims, std=far**0.5), draw.uniform(rows, 1, low=0.1, high=0.9)
    y = (s * points[:rows] + (1 - s) * draw.normal(rows, dims, std=far)).requires_grad_()
    each = Independent(Normal(s[:, None] * points, (1 - s)[:, None].expand(-1, count, dims)), 1)
    density = MixtureSameFamily(Categorical(torch.ones(rows, count).double()), each)
    (score,) = torch.autograd.grad(density.log_prob(y).sum(), y)
    y, left = y.detach(), 1 - s
    want = (y + left * score) / s  # E[x] − E[ε], both by Tweedie's formula
    to_tx, to_x = (-(y[:, None] - scale * points).square().sum(2) / 2 for scale in (s[:, None], 1.0))

    def pulled(logits: Tensor) -> Tensor:
        return (logits.softmax(1) @ points - y) / left

    suspects = {
        "all points weigh the same; those that x may have come from weigh more": pulled(0 * to_x),
        "the ½ in the exponent is missing": pulled(2 * to_tx / left**2),
        "the distance is taken to x_i; at time t the point has come to t x_i": pulled(to_x / left**2),
        "the variance at time t is (1 − t)², not 1 − t": pulled(to_tx / left),
        "the variance at time t is (1 − t)², not 1": pulled(to_tx),
        "the exponent's sign is wrong: the farthest points weigh most": pulled(-to_tx / left**2),
        "that is E[x] − x; it has to be there in the time 1 − t that is left": want * left,
        "that is E[x], not the velocity that leads there": want * left + y,
        "only the likeliest point counts; the others have weights, too": pulled(1e9 * to_tx),
    }
    return Case((y, s[:, 0], points), want, suspects if far == 1 else {})


@teaches("This is what a network learns that is trained well enough: a closed form, and it leads to the data alone.")
def marginal_velocity(answer: Any, draw: Draw) -> None:
    """Check the mean velocity of all straight paths that pass through x, for a finite data set."""
    agree_always(answer, "the velocity", _marginal, draw, (3, 7, 2), (1, 5, 3), (2, 4, 6))
    hint = "exp underflows, the weights are 0 / 0: take a softmax, which shifts the exponents first"
    agree_always(answer, "the velocity", _marginal, draw, (3, 7, 2, 60.0), otherwise=hint, atol=1e-4)
    x, data = draw.normal(3, 2), draw.normal(5, 2)
    start, want = "at t = 0 all points weigh the same: the mean of the data, minus x", data.mean(0) - x
    agree(ask(answer, x, torch.zeros(3), data), want, "the velocity at t = 0", otherwise=start)


@teaches("One regression, without a likelihood and without solving an ODE, trains a flow.")
def flow_matching_loss(answer: Any, draw: Draw) -> None:
    """Check what the network is asked, with which noise and times, and what its answer is compared with."""
    for rows, dims in ((4000, 3), (3000, 5)):
        x = 1 + draw.normal(rows, dims, std=5.0)
        (value, x_t, t, v), (_, other, again, _) = (_asked(answer, x, draw) for _ in range(2))
        ordered, times = t.sort(0).values, torch.special.ndtri(t.clamp(1e-6, 1 - 1e-6))
        uneven = ordered[:, 0] - (torch.arange(rows) + 0.5) / rows
        noise, turned = (x_t - t * x) / (1 - t), (x_t - (1 - t) * x) / t
        unit = [abs(float(each.std()) - 1) < 0.2 for each in (noise, turned)]
        for wrong, words in (
            (float(t.std()) < 1e-6, "t: one draw is shared by all rows; each row needs its own"),
            (torch.equal(ordered, again.sort(0).values), "t is the same at each call: it must be fresh"),
            (float(uneven.abs().max()) > 3.5 / math.sqrt(rows), "t is not uniform between 0 and 1"),
            (float(noise.std(0).max()) < 1e-6, "the noise: one draw is shared by all rows; each row needs its own"),
            (unit[1], "time runs the other way: noise is at t = 0, data at t = 1"),
            (not unit[0], "x_t is not t x + (1 − t) ε for standard normal ε and the t that is told"),
        ):
            if wrong:
                mistake(words)
        independent(noise, (other - again * x) / (1 - again), ("row", "dimension"))
        later = torch.special.ndtri(again.clamp(1e-6, 1 - 1e-6)).reshape(-1, 4)
        independent(times.reshape(-1, 4), later, ("row", "row"), "t")
        for what, columns, known in (("t", times, noise), ("t", times, x), ("the noise", noise, x)):
            if bool((tied(columns, known) | tied(columns.abs(), known.abs())).any()):
                reason = f"{what} goes with {'the noise' if known is noise else 'the data'}"
                mistake(f"{reason}: the data, the noise and t are drawn without looking at each other")
        if value.requires_grad and value.dim() == 0:
            apart = x - v.detach() + torch.autograd.grad(value, v, retain_graph=True)[0] * rows / 2
            if abs(float(apart.std()) - 1) < 0.2 and not torch.allclose(apart, noise, atol=0.1):
                mistake("the noise in the target is another draw than the noise in x_t")
        targets = {
            "the noise is the target; the velocity x − ε is wanted": noise,
            "the data are the target; the velocity x − ε is wanted": x,
            "the target's sign is wrong: x − ε leads from noise to data": noise - x,
            "x_t is the target; its velocity x − ε is wanted": x_t,
        }
        want, *others = ((v - each).square().sum(1).mean() for each in (x - noise, *targets.values()))
        suspects, sizes = dict(zip(targets, others, strict=True)), {"dimensions": dims, "rows": rows}
        agree(value, want, "the loss", suspects, inputs={"the network's answer": v}, sizes=sizes)


def _asked(answer: Any, x: Tensor, draw: Draw) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The loss, and what the network was asked and answered: x_t, t (B, 1), v."""
    seen: list[Tensor] = []

    def network(x_t: Any, t: Any) -> Tensor:
        v = (1 + draw.normal(*x.shape, std=3.0)).requires_grad_()  # its sign is seen
        seen.extend((tensor(x_t, "x_t").detach(), tensor(t, "t").detach(), v))
        return v

    value = tensor(ask(answer, network, x, as_clones=False), "the loss")  # in float64: the noise is found exactly
    if len(seen) != 3:
        mistake("the network is to be asked once, for all rows together", f"got {len(seen) // 3} calls")
    x_t, t, v = seen
    if t.numel() != len(x):
        mistake("each row needs a time of its own: the network is to be told a t of shape (B,)")
    if x_t.shape != x.shape:
        mistake("the network is to be asked at x_t, which has the shape of x", f"got {tuple(x_t.shape)}")
    return value, x_t, t.reshape(-1, 1), v


def _field(draw: Draw, dims: int) -> tuple[Field, Field]:
    """Make a velocity and its Jacobian (B, D, D), known in closed form."""
    into, out, bias = draw.normal(3, dims, dims)

    def hidden(x: Tensor, t: float) -> Tensor:
        return torch.tanh(x @ into.to(x) + 3 * t * bias[0].to(x))

    def jacobian(x: Tensor, t: float) -> Tensor:
        return torch.einsum("jh,bh,hi->bij", into.to(x), 1 - hidden(x, t) ** 2, out.to(x))

    return lambda x, t: hidden(x, t) @ out.to(x), jacobian


@teaches("The likelihood that training did not need is there afterwards, up to the error of the solver.")
@by_cases("log p(x)", [(4, 2, 5), (1, 3, 4), (3, 4, 1)])
def log_density(draw: Draw, rows: int, dims: int, steps: int) -> Case:
    """Check log p(x) by Euler steps from the data back to noise."""
    velocity, jacobian = _field(draw, dims)
    x, h = draw.normal(rows, dims), 1 / steps

    def walk(read: Callable[[Tensor], Tensor], first: float = 1.0, way: float = -h) -> tuple[Tensor, Tensor]:
        z, total = x, torch.zeros(rows).double()
        for k in range(steps):
            t = first + k * way
            total = total + h * read(jacobian(z, t))
            z = z + way * velocity(z, t)
        return log_normal(z), total

    traced, *reads = (
        lambda j: j.diagonal(dim1=1, dim2=2).sum(1),
        lambda j: j.sum((1, 2)),
        lambda j: j.square().sum((1, 2)),
        lambda j: -torch.linalg.slogdet(torch.eye(dims).double() - h * j)[1] / h,
    )
    at_z, total = walk(traced)
    up, late = (end - sums for end, sums in (walk(traced, 0.0, h), walk(traced, 1 - h)))
    every, square, each = (at_z - walk(read)[1] for read in reads)
    suspects = {
        "the divergence is to be subtracted: where the field spreads, the density falls": at_z + total,
        "the normal is evaluated at x; it is the density at the other end, at z": log_normal(x) - total,
        "the divergence is not multiplied by the size of a step": at_z - total * steps,
        "the divergence is missing": at_z,
        "the density of the normal is missing": -total,
        "the walk goes from the data, t = 1, back to the noise": up,
        "the first slope is taken at t = 1, and the last at t = 1 / steps": late,
        "all entries of the Jacobian are added up; the divergence is its diagonal": every,
        "that is the trace of J Jᵀ, the sum of all squared entries": square,
        "that is the determinant of each step, not the divergence times the step": each,
        "½ log 2π of each dimension is missing": at_z + dims / 2 * math.log(2 * math.pi) - total,
    }
    return Case((velocity, x, steps), at_z - total, suspects)


@teaches("Two slopes a step: for the same number of questions to the network it errs far less than Euler's method.")
@by_cases("the sample", [(3, 2, 4), (1, 5, 3), (2, 3, 1)])
def heun(draw: Draw, rows: int, dims: int, steps: int) -> Case:
    """Check Heun's method from noise to data, with a number of equal steps."""
    velocity, _ = _field(draw, dims)
    z, h = draw.normal(rows, dims), 1 / steps

    def walk(
        at: float = h, reach: float = h, a: float = 0.5, b: float = 0.5, n: int = steps, first: int = 0
    ) -> Tensor:
        x = z
        for t in (abs(first - k * h) for k in range(n)):
            slope = velocity(x, t)
            x = x + h * (a * slope + b * velocity(x + reach * slope, t + at))
        return x

    suspects = {
        "that is Euler's method: the slope at the beginning alone": walk(b=0, a=1),
        "the second slope is taken at the old point, not where the first one leads": walk(reach=0),
        "the second slope is taken at half the time; it belongs to the end of the step": walk(at=h / 2),
        "the second slope is taken at the old time": walk(at=0),
        "that is the midpoint method; Heun's takes the mean of both ends": walk(h / 2, h / 2, 0, 1),
        "the second slope is used alone, not the mean of both": walk(a=0, b=1),
        "the slopes are added up; their mean is wanted": walk(a=1, b=1),
        "that is one step too many": walk(n=steps + 1),
        "the last step is missing": walk(n=steps - 1),
        "time runs from 0, the noise, to 1": walk(first=1),
    }
    return Case((velocity, z, steps), walk(), suspects)


@teaches("Straight paths cross, and their mean velocity is not straight: one step gives the mean of all data.")
@by_cases("the end of the step", [(7, 4, 2), (5, 3, 6), (6, 1, 3)])
def one_step(draw: Draw, count: int, rows: int, dims: int) -> Case:
    """Find the mistake: where one Euler step from t = 0 leads."""
    points, y = 1 + draw.normal(count, dims), draw.normal(rows, dims)
    mean, near = points.mean(0), distances(y, points)
    suspects = {
        "that is the velocity; the step leads from z to z plus it": mean - y,
        "the velocity at t = 0 is the mean minus z, not the mean": y + mean,
        "a data point is no mean of them": points[distances(mean[None], points).argmin(1)].expand_as(y),
        "z comes back: nothing moves": y,
        "0 is the mean of the noise; the data have a mean of their own": 0 * y,
        "at t = 0 z has seen no data: all points weigh the same": (-(near**2) / 2).softmax(1) @ points,
        "one row for each z is wanted": mean,
    }
    return Case((points, y), mean.expand_as(y), suspects, handed=points[near.argmin(1)])


@teaches("Steps, a better solver, straighter paths: each pays for closeness with something else.")
def choose_sampler(answer: Any, draw: Draw) -> None:
    """Measure the saved samples of every sampler again, and look for the one that was chosen."""
    chosen, saved = found_and_why(answer)
    moons, same = toy.load("two_moons"), torch.Generator().manual_seed(0)  # numbers can be written down
    real, fresh = (moons.sample(4000, same) for _ in range(2))
    edge = moons.log_prob(real).quantile(0.01)
    normal = fresh.mean(0) + torch.randn(4000, 2, generator=same) @ torch.linalg.cholesky(fresh.T.cov()).T
    theirs, energies = distances(real, real).mean(), {}
    for name, x in [*sorted(saved.items()), ("one normal", normal), ("true points", fresh)]:
        if name in saved and not name.rpartition(" ")[2].isdigit():
            mistake("each name ends on how often a sample asks the network: `euler 8`", f"got {name!r}")
        x = tensor(x, "the samples").float()
        if x.dim() != 2 or x.shape[1] != 2 or len(x) < 1000:
            mistake("each sampler needs at least 1000 points of the plane", f"got {tuple(x.shape)}")
        between, own = (distances(x, other).mean() for other in (real, x))
        energies[name] = float(2 * between - own - theirs)
        off = (moons.log_prob(x) < edge).double().mean()
        print(f"{name}: energy distance {energies[name]:.4f}, {off:.0%} off the moons")
    if len(saved) < 4:
        mistake("at least four samplers are wanted", f"got {sorted(saved)}")
    if chosen not in saved:
        mistake("the sampler that you chose is none of those that you measured")
    if energies[chosen] >= energies["one normal"]:
        mistake("a single normal is as close to the moons as the sampler that you chose")
