"""The ODE as a bijection: its laws, the order of its solvers, and Hutchinson's estimate."""

import math

import pytest
import torch
from torch import nn

from gmcourse.data import toy
from gmcourse.densities import STRAIGHT, NoisedMixture
from gmcourse.flows import Dequantized, Flow, LawBroken, assert_bijection_laws
from gmcourse.flows.continuous import Continuous, divergence, even_times, solve, trajectory

MOONS = toy.load("two_moons")
EXACT = NoisedMixture(MOONS.centres.double(), MOONS.sigma, STRAIGHT)


class Smooth(nn.Module):
    """A velocity of any shape that bends, and depends on the time."""

    def __init__(self, size):
        super().__init__()
        self.first, self.last = nn.Linear(size + 1, 8), nn.Linear(8, size)

    def forward(self, x, t):
        h = torch.cat([x.flatten(1), t[:, None]], 1)
        return self.last(self.first(h).tanh()).reshape(x.shape)


def smooth(size=3):
    torch.manual_seed(0)
    return Smooth(size)


@pytest.mark.parametrize("data_at", [0, 1])
@pytest.mark.parametrize("shape", [(3,), (1, 2, 2)])
def test_laws_hold_up_to_the_solver_s_error(shape, data_at):
    x = torch.randn(3, *shape)
    flow = Continuous(smooth(math.prod(shape)), steps=40, data_at=data_at)
    assert_bijection_laws(flow, x, round_trip=1e-3, log_det=1e-3)
    with pytest.raises(LawBroken):  # with two steps the error is larger than that
        assert_bijection_laws(Continuous(flow.velocity, steps=1), x, round_trip=1e-6, log_det=1e-6)


@pytest.mark.parametrize(("solver", "factor"), [("euler", 2), ("heun", 4)])
def test_the_error_falls_as_the_solver_s_order(solver, factor):
    z = torch.randn(20, 3, dtype=torch.float64)
    velocity = smooth().double()
    with torch.no_grad():
        truth = solve(velocity, z, even_times(640))
        errors = [(solve(velocity, z, even_times(n), solver) - truth).abs().mean() for n in (20, 40)]
    assert errors[0] / errors[1] == pytest.approx(factor, rel=0.1)


def test_the_likelihood_of_the_exact_velocity_is_the_truth_to_order_two():
    x = MOONS.sample(40, torch.Generator().manual_seed(0)).double()
    truth = MOONS.log_prob(x.float()).double()
    errors = []
    for steps in (40, 80, 160):
        with torch.no_grad():
            log_p = Flow(Continuous(EXACT.velocity, steps=steps), (2,)).log_prob(x)
        errors.append(float((log_p - truth).abs().mean()))
    assert errors[0] < 0.01
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.35)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.35)


def test_divergence_is_the_jacobian_s_trace_and_hutchinson_has_it_for_a_mean():
    velocity, x, t = smooth(), torch.randn(4, 3), torch.rand(4)
    rows = [
        torch.autograd.functional.jacobian(lambda a, i=i: velocity(a, t[i : i + 1])[0], x[i : i + 1])
        for i in range(4)
    ]
    traces = torch.stack([row[:, 0].trace() for row in rows])
    with torch.no_grad():
        _, exact = divergence(velocity, x, t)
        probes = 2.0 * torch.randint(2, (20_000, *x.shape)) - 1
        _, estimate = divergence(velocity, x, t, probes)
        _, none = divergence(lambda x, t: torch.ones_like(x), x, t)
    assert torch.allclose(exact, traces, atol=1e-6)
    assert not exact.requires_grad
    assert torch.allclose(estimate, exact, atol=0.02)
    assert (none == 0).all()


def test_probes_change_the_likelihood_s_spread_and_not_its_mean():
    velocity, x = smooth(), torch.randn(1, 3)
    with torch.no_grad():
        exact = Continuous(velocity, steps=5)(x)[1]
        _, drawn = Continuous(velocity, steps=5, probes=1)(x.expand(4000, 3))
        _, four = Continuous(velocity, steps=5, probes=4)(x.expand(4000, 3))
    assert drawn.std() > 0.02
    assert float((drawn.mean() - exact).abs()) < 4 * float(drawn.std()) / 4000**0.5
    assert float(four.std() / drawn.std()) == pytest.approx(0.5, rel=0.1)


def test_a_trajectory_begins_and_ends_where_it_should():
    z = torch.randn(5, 3)
    way = trajectory(smooth(), z, even_times(7), "euler")
    assert way.shape == (8, 5, 3)
    assert torch.equal(way[0], z)
    assert torch.equal(way[-1], solve(smooth(), z, even_times(7), "euler"))


def test_whole_numbers_get_a_likelihood():
    flow = Dequantized(Flow(Continuous(smooth(4), steps=4), (4,)), 3)
    assert flow.log_prob(torch.randint(3, (6, 4))).shape == (6,)


def test_what_it_refuses():
    with pytest.raises(ValueError, match="solver"):
        solve(smooth(), torch.zeros(2, 3), even_times(2), "midpoint")
    with pytest.raises(ValueError, match="velocity"):
        Continuous(3)


@pytest.mark.parametrize("move", [solve, trajectory])
def test_a_velocity_of_another_shape_is_refused(move):
    """It was broadcast: (B, 1) moved all coordinates alike."""
    with pytest.raises(ValueError, match=r"velocity\(x, t\) has shape \(3, 1\)"):
        move(lambda x, t: x[:, :1], torch.ones(3, 2), even_times(2))
