"""An ordinary differential equation as a bijection: points are carried by a velocity, and their density with them.

    dx/dt = v(x, t),    d log p(x_t)/dt = −∇·v(x_t, t)

The second equation is the change of variables of a step that becomes ever smaller (Chen et al. 2018,
arXiv:1806.07366, theorem 1). A velocity is a function of points (B, …) and times (B,) that returns x's shape.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context

Velocity = Callable[[Tensor, Tensor], Tensor]
State = tuple[Tensor, ...]  # all that moves: points, and with them what is summed along their way
Slope = Callable[[State, float], State]
SOLVERS = ("euler", "heun")


def _moved(state: State, by: float, slope: State) -> State:
    return tuple(a + by * b for a, b in zip(state, slope, strict=True))


def _along(slope: Slope, state: State, times: Sequence[float], solver: str) -> Iterator[State]:
    """Yield the state at each of the times: Euler takes the slope at the start of a step, Heun the mean of two."""
    yield state
    for now, then in itertools.pairwise(times):
        first = slope(state, now)
        ahead = _moved(state, then - now, first)
        if solver == "heun":
            half = (then - now) / 2
            ahead = _moved(_moved(state, half, first), half, slope(ahead, then))
        state = ahead
        yield state


def _carried(velocity: Velocity) -> Slope:
    def slope(state: State, t: float) -> State:
        found = velocity(state[0], state[0].new_full((len(state[0]),), t))
        return (expect.tensor("velocity(x, t)", found, " ".join(map(str, state[0].shape)), finite=False),)

    return slope


@expect.door(x="B …", solver="|".join(SOLVERS))
def solve(velocity: Velocity, x: Tensor, times: Sequence[float], solver: str = "heun") -> Tensor:
    """Move points x (B, …) from the first of the times to the last, in steps from each to the next.

    Euler's error falls with the number of steps, Heun's with its square, and each of Heun's steps asks twice.
    """
    return deque(_along(_carried(velocity), (x,), times, solver), maxlen=1).pop()[0]  # of the last state


@expect.door(x="B …", solver="|".join(SOLVERS))
def trajectory(velocity: Velocity, x: Tensor, times: Sequence[float], solver: str = "heun") -> Tensor:
    """Do the same, and return where the points are at all of the T times, (T, B, …)."""
    return torch.stack([x for (x,) in _along(_carried(velocity), (x,), times, solver)])


@expect.door(steps=">= 1", start=">= 0 <= 1", end=">= 0 <= 1")
def even_times(steps: int, start: float = 0.0, end: float = 1.0) -> list[float]:
    """Return the times start … end of steps of one length; the last is the end to the bit.

    >>> even_times(4)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return [start + (end - start) * i / steps for i in range(steps)] + [end]


def divergence(velocity: Velocity, x: Tensor, t: Tensor, probes: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Compute v(x, t), and its divergence ∇·v = trace of ∂v/∂x, (B,).

    Without probes it is exact, at the price of one backward pass for each of the D numbers of a sample. With probes e
    (K, B, …), of independent entries of mean 0 and variance 1, it is the mean of e·(∂v/∂x)e, whose expectation is the
    trace (Hutchinson 1990; Grathwohl et al. 2019, arXiv:1810.01367).
    """
    graph = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        v = velocity(x, t) + 0 * x  # so that a velocity that does not depend on x has a gradient too
        weight = 1.0 if probes is None else 1 / len(probes)
        if probes is None:
            size = x[0].numel()
            probes = torch.eye(size).to(x).reshape(size, 1, *x.shape[1:]).expand(size, *x.shape)
        (rows,) = torch.autograd.grad(v, x, probes, is_grads_batched=True, create_graph=graph, retain_graph=True)
        found = weight * (rows * probes).flatten(2).sum((0, 2))
    return (v, found) if graph else (v.detach(), found.detach())


class Continuous(Bijection):
    """z is where dx/dt = v(x, t) carries x from the time of the data to that of the noise.

    The log-determinant is the integral of the divergence along the way. As the solver makes steps of a length, the
    laws of a bijection hold up to its error, which falls with the square of the number of steps (Heun). The
    parameters of the velocity, a network of (x, t) for instance, are the bijection's. `steps` lead from one end to
    the other; `data_at` is the time of the data, 0 or 1. `probes` is the number of Hutchinson's random signs, drawn
    once for the whole way; None is the exact divergence.
    """

    @expect.door(steps=">= 1", solver="|".join(SOLVERS), probes=">= 1", data_at=">= 0 <= 1")
    def __init__(
        self,
        velocity: Velocity,
        *,
        steps: int = 20,
        solver: str = "heun",
        probes: int | None = None,
        data_at: int = 1,
    ) -> None:
        super().__init__()
        self.velocity, self.solver, self.probes = velocity, solver, probes
        self.network = velocity if isinstance(velocity, nn.Module) else None
        self.times = even_times(steps, float(data_at), float(1 - data_at))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data x (B, …) to noise, with log_det = ∫ ∇·v dt."""
        self.check(x, context)
        probes = None
        if self.probes is not None:
            probes = 2.0 * torch.randint(2, (self.probes, *x.shape), device=x.device).to(x.dtype) - 1

        def slope(state: State, t: float) -> State:
            return divergence(self.velocity, state[0], state[0].new_full((len(x),), t), probes)

        z, log_det = deque(_along(slope, (x, x.new_zeros(len(x))), self.times, self.solver), maxlen=1).pop()
        return z, log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map noise z to data, by the same steps the other way."""
        self.check(z, context)
        return solve(self.velocity, z, self.times[::-1], self.solver)
