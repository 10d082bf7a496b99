"""Flow matching: its loss, what the exact velocity does, guidance, reflow, and the model."""

import itertools
import math

import pytest
import torch
from torch import nn

from gmcourse.densities import COSINE, STRAIGHT, NoisedMixture
from gmcourse.flows.continuous import even_times, solve
from gmcourse.models.diffusion import Diffusion, draw, times
from gmcourse.models.flow_matching import FlowMatching, guided, matching_loss, reflow_pairs, straightness


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2)).double()

    def forward(self, x, t):
        return self.network(torch.cat([x, t[:, None]], 1))


def points(n=5):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("path", [STRAIGHT, COSINE], ids=["straight", "cosine"])
def test_gradients_of_conditional_and_marginal_loss_are_equal(path):
    """The expectation over which data point x_t came from is taken exactly: a sum over the five, with p(k | x_t)."""
    data, net = points(), Small()
    exact = NoisedMixture(data, 0.0, path)
    t = torch.linspace(0.05, 0.9, 200, dtype=torch.float64)
    x_t = path.mix(data[torch.arange(200) % 5], torch.randn(200, 2, dtype=torch.float64), t)
    alpha, sigma = path.at(t, x_t)
    chance = (-0.5 * ((x_t[:, None] - alpha[..., None] * data) / sigma[..., None]).square().sum(2)).softmax(1)
    marginal = (net(x_t, t) - exact.velocity(x_t, t)).square().sum(1).mean()
    conditional = 0.0
    for k, x in enumerate(data):
        noise = (x_t - alpha * x) / sigma
        each = matching_loss(net, x.expand(200, 2), noise, t, path, mean=False)
        conditional = conditional + (chance[:, k] * each).mean()
    assert conditional > marginal + 0.1
    grads = [torch.autograd.grad(loss, net.parameters()) for loss in (conditional, marginal)]
    for a, b in zip(*grads, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)


def test_one_euler_step_gives_the_mean_and_many_give_the_data():
    data = points()
    exact = NoisedMixture(data, 0.0, STRAIGHT)
    z = torch.randn(50, 2, dtype=torch.float64)
    one = solve(exact.velocity, z, even_times(1), "euler")
    assert torch.allclose(one, data.mean(0).expand(50, 2))
    many = solve(exact.velocity, z, even_times(400), "euler")
    assert torch.cdist(many, data).amin(1).max() < 0.02


def test_a_predicted_noise_gives_the_same_velocity_and_the_same_samples():
    """ε → velocity on the cosine path; and DDIM's step is Euler's, once x is divided by α and time is σ/α."""
    exact = NoisedMixture(points(), 0.1, COSINE)
    x_t, t = torch.randn(40, 2, dtype=torch.float64), 0.3
    alpha, sigma = COSINE.at(t, x_t)
    noise = -sigma * exact.score(x_t, t)
    velocity = COSINE.velocity((x_t - sigma * noise) / alpha, noise, t)
    assert torch.allclose(velocity, exact.velocity(x_t, t))
    z, times = torch.randn(40, 2, dtype=torch.float64), even_times(400, 0.98, 0.0)
    by_velocity = solve(exact.velocity, z, times)
    x = z
    for now, then in itertools.pairwise(times):
        (alpha, sigma), (a, s) = COSINE.at(now, x), COSINE.at(then, x)
        noise = -sigma * exact.score(x, now)
        x = a * (x - sigma * noise) / alpha + s * noise
    assert (x - by_velocity).abs().median() < 0.01


def test_guidance_is_a_line_through_both_velocities():
    def velocity(x, t, y=None):
        return x if y is None else x + y[:, None]

    x, t, y = torch.randn(3, 2), torch.rand(3), torch.arange(3)
    for w in (0.0, 1.0, 2.5):  # 0 is the class alone, as in lesson 12
        assert torch.allclose(guided(velocity, y, w)(x, t), x + (1 + w) * y[:, None])


@pytest.mark.parametrize("w", [0.0, 3.0])
def test_both_chapters_mean_the_same_by_a_weight(w):
    """p = N(0, 1), p(·|y) = N(0, s²): on both paths the guided ODE multiplies by s^(1+w), by s if w is 0."""
    origin, s, y = torch.zeros(1, 1), 0.5**0.5, torch.zeros(1, dtype=torch.long)
    ends = []
    for kind, path in ((FlowMatching, STRAIGHT), (Diffusion, COSINE)):
        model, parts = kind((1,), classes=1), [NoisedMixture(origin, width, path) for width in (1.0, s)]

        def exact(x, t, y=None, parts=parts, of=kind is FlowMatching):
            part = parts[y is not None]
            return part.velocity(x, t) if of else -path.at(t, x)[1] * part.score(x, t)  # noqa: B023

        model.network.forward = exact
        if kind is FlowMatching:
            ends.append(solve(model.velocity(y, w), origin + 1, even_times(400)))
        else:
            ends.append(draw(model.denoiser(y, w), origin + 1, times(1000)))
    for end in ends:
        assert float(end) == pytest.approx(s ** (1 + w), rel=0.01)


def test_straightness_is_zero_of_a_straight_flow_only():
    z = torch.randn(200, 2)
    assert straightness(lambda x, t: torch.ones_like(x), z) < 1e-9
    turning = straightness(lambda x, t: torch.stack([-x[:, 1], x[:, 0]], 1), z, 100)
    # the velocity has length r all the time, and its mean is the displacement, of length² r² (2 − 2 cos 1)
    expected = float(z.square().sum(1).mean()) * (2 * math.cos(1.0) - 1)
    assert turning == pytest.approx(expected, rel=0.1)


def test_reflow_pairs_are_noise_and_its_samples():
    noise, made = reflow_pairs(lambda x, t: torch.ones_like(x), torch.zeros(7, 2), steps=3, batch_size=4)
    assert torch.allclose(made, noise + 1)


@pytest.mark.parametrize(("network", "shape"), [("mlp", (2,)), ("unet", (1, 8, 8))])
def test_the_model_learns_draws_and_has_a_likelihood(network, shape):
    torch.manual_seed(0)
    model = FlowMatching(shape, network=network, width=16, depth=1, classes=3, times="middle")
    x, y = torch.randn(8, *shape), torch.randint(3, (8,))
    assert torch.equal(model(x, torch.rand(8)), torch.zeros_like(x))  # it begins at zero
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        loss = model.loss(3 + 0.1 * x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
    assert model.sample(4, steps=3).shape == (4, *shape)
    assert model.sample(4, steps=3, y=torch.zeros(4, dtype=torch.long), guidance=2.0).shape == (4, *shape)
    flow = model.flow(steps=2, probes=1, unit=True)
    with torch.no_grad():
        assert flow.log_prob(torch.rand(3, *shape)).isfinite().all()


def test_what_the_model_refuses():
    model = FlowMatching((2,), width=8, depth=1, classes=2)
    with pytest.raises(ValueError, match="y"):
        model.sample(2, y=torch.tensor([0, 5]))
    with pytest.raises(ValueError, match="guidance needs them"):
        model.sample(2, guidance=1.0)
    with pytest.raises(ValueError, match="8 divides"):
        FlowMatching((1, 12, 12), network="unet", width=16)
