"""The figures of lessons 12 and 13 have the package's field, chains, measure, and gradients of the loss."""

import math

import pytest
import torch
from torch import nn

from gmcourse.data import toy
from gmcourse.densities import COSINE, STRAIGHT, NoisedMixture
from gmcourse.flows.continuous import even_times, trajectory
from gmcourse.models.diffusion import draw, posterior, times
from gmcourse.models.flow_matching import matching_loss, straightness
from tests.site.conftest import TOLERANCE

MOONS, PATHS = toy.load("two_moons"), {"cosine": COSINE, "straight": STRAIGHT}
POINTS = 1.5 * torch.randn(12, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
FLAT = POINTS.flatten().tolist()


@pytest.fixture(scope="module")
def page(open_with):
    return open_with("runtime", "mlp", "paths")


def exact(path):
    return NoisedMixture(MOONS.centres.double(), MOONS.sigma, path)


def points(flat):
    return torch.tensor(flat, dtype=torch.float64).unflatten(-1, (-1, 2))


@pytest.mark.parametrize("name", PATHS)
def test_the_closed_form(page, name):
    script = """([name, x, t]) => {
        const exact = gm.exact(gm.paths[name]), F = Float64Array.from(x), v = exact.velocity(F, t);
        const ends = gm.ends(gm.paths[name], F, v, t);
        const logs = x.map((_, i) => exact.logProb(x[i - (i % 2)], x[i - (i % 2) + 1], t));
        return [[...v], [...ends.data], [...ends.noise], logs];
    }"""
    path, truth = PATHS[name], exact(PATHS[name])
    for t in (0.05, 0.4, 0.9):
        velocity, data, noise, log_prob = map(points, page.evaluate(script, [name, FLAT, t]))
        mean, (alpha, sigma) = truth.posterior_mean(POINTS, t), path.at(t, POINTS)
        assert torch.allclose(velocity, truth.velocity(POINTS, t), atol=TOLERANCE)
        assert torch.allclose(data, mean, atol=TOLERANCE)
        assert torch.allclose(noise, (POINTS - alpha * mean) / sigma, atol=TOLERANCE)
        assert torch.allclose(log_prob[:, 0], truth.log_prob(POINTS, t), atol=TOLERANCE)


def test_a_mixture_of_few_points(page):
    centres = [[-2.0, 1.5], [2.0, 0.5], [0.3, -2.5]]
    script = """([centres, x, t, n]) => {
        const mixture = gm.mixture(centres), exact = gm.exact(gm.paths.cosine, mixture), draws = gm.generator(1);
        const logs = x.map((_, i) => exact.logProb(x[i - (i % 2)], x[i | 1], t)), made = mixture.sample(n, draws);
        return [[...exact.velocity(Float64Array.from(x), t)], logs, [...made], mixture.near(made)]; }"""
    truth = NoisedMixture(torch.tensor(centres, dtype=torch.float64), 0.16, COSINE)
    for t in (0.0, 0.4):
        velocity, log_prob, made = map(points, (got := page.evaluate(script, [centres, FLAT, t, 3000]))[:3])
        assert torch.allclose(velocity, truth.velocity(POINTS, t), atol=TOLERANCE)
        assert torch.allclose(log_prob[:, 0], truth.log_prob(POINTS, t), atol=TOLERANCE)
    assert torch.allclose(made.mean(0), truth.centres.mean(0), atol=0.15)
    assert got[3] == pytest.approx(1 - math.exp(-2), abs=0.03)  # within two standard deviations in the plane


@pytest.mark.parametrize("w", [-1, 0, 3])
def test_the_guided_field_and_the_tilted_density(page, w):
    script = """([x, t, w]) => {
        const path = gm.paths.cosine, centres = gm.twoMoons.centres.slice(0, 60), each = (i) => x[i - (i % 2)];
        const field = gm.guided(gm.exact(path, { ...gm.twoMoons, centres }), gm.exact(path), () => w);
        return [[...field.velocity(Float64Array.from(x), t)], x.map((_, i) => field.logProb(each(i), x[i | 1], t))];
    }"""
    velocity, log_prob = map(points, page.evaluate(script, [FLAT, 0.4, w]))
    upper, whole = NoisedMixture(MOONS.parts(2)[0].centres.double(), MOONS.sigma, COSINE), exact(COSINE)
    for got, name in ((velocity, "velocity"), (log_prob[:, 0], "log_prob")):
        told, other = (getattr(field, name)(POINTS, 0.4) for field in (upper, whole))
        assert torch.allclose(got, (1 + w) * told - w * other, atol=TOLERANCE)


def test_the_chains_back(page):
    script = """([x, steps, draw]) => gm.wayBack(gm.paths.cosine, gm.exact(gm.paths.cosine).velocity,
        Float64Array.from(x), steps, draw === null ? null : () => draw).map((each) => [...each])"""
    denoise = exact(COSINE).posterior_mean
    ddim = points(page.evaluate(script, [FLAT, 5, None]))
    assert torch.allclose(ddim[-1], draw(denoise, POINTS, times(5)), atol=TOLERANCE)
    ancestral = points(page.evaluate(script, [FLAT, 4, 0.7]))
    for i, x in enumerate(ancestral[:-1]):
        t, s = 1 - i / 4, 1 - (i + 1) / 4
        mean, variance = posterior(COSINE, x, denoise(x, t), s, t)
        assert torch.allclose(ancestral[i + 1], mean + 0.7 * variance.sqrt(), atol=TOLERANCE)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_solvers_and_straightness(page, solver):
    script = """([x, n, heun]) => {
        const ways = gm.follow(gm.exact(gm.paths.straight).velocity, Float64Array.from(x), n, heun);
        return [ways.map((each) => [...each]), gm.straightness(ways)]; }"""
    truth = exact(STRAIGHT)
    ways, found = page.evaluate(script, [FLAT, 8, solver == "heun"])
    assert torch.allclose(points(ways), trajectory(truth.velocity, POINTS, even_times(8), solver), atol=TOLERANCE)
    if solver == "euler":
        assert found == pytest.approx(straightness(truth.velocity, POINTS, steps=8), abs=TOLERANCE)


@pytest.mark.parametrize("name", PATHS)
def test_the_loss_and_its_gradient(page, name):
    noise, when = POINTS.flip(0), torch.linspace(0.05, 0.95, 12, dtype=torch.float64)
    script = """([name, data, noise, times]) => {
        const F = (x) => Float64Array.from(x), learner = gm.learner(gm.paths[name], gm.generator(1));
        const flat = (layers) => layers.map(({ w, b }) => [[...w], [...b]]), told = F([...data, ...noise]);
        const { value, gradients } = learner.loss(F(data), F(noise), times);
        return { value, layers: flat(learner.layers), gradients: flat(gradients),
            told: [...learner.told(told, () => 0.3)] };
    }"""
    got = page.evaluate(script, [name, FLAT, noise.flatten().tolist(), when.tolist()])
    waves = points([k * f for k in (2, 4) for a in range(8) for f in _direction(a)])

    def inputs(x, t):
        angles = torch.cat([x @ waves.T, torch.tensor([1, 2, 4]) * t[:, None] * torch.pi / 2], 1)
        return torch.cat([x, torch.stack([angles.cos(), angles.sin()], 2).flatten(1)], 1)

    both = torch.cat([POINTS, noise])
    assert torch.allclose(
        torch.tensor(got["told"]).double().reshape(24, -1),
        inputs(both, torch.full((24,), 0.3).double()),
        atol=TOLERANCE,
    )
    linear = [nn.Linear(len(w) // len(b), len(b)).double() for w, b in got["layers"]]
    for layer, (w, b) in zip(linear, got["layers"], strict=True):
        layer.weight.data, layer.bias.data = (
            torch.tensor(w).double().view_as(layer.weight),
            torch.tensor(b).double(),
        )
    network = nn.Sequential(linear[0], nn.SiLU(), linear[1], nn.SiLU(), linear[2])
    loss = matching_loss(lambda x, t: network(inputs(x, t)), POINTS, noise, when, PATHS[name])
    assert got["value"] == pytest.approx(loss.item(), abs=TOLERANCE)
    gradients = torch.autograd.grad(loss, [p for layer in linear for p in (layer.weight, layer.bias)])
    for ours, theirs in zip([g for pair in got["gradients"] for g in pair], gradients, strict=True):
        assert (torch.tensor(ours).double() - theirs.flatten()).abs().max() < TOLERANCE


def _direction(a):
    angle = torch.tensor(torch.pi * a / 8, dtype=torch.float64)
    return angle.cos().item(), angle.sin().item()
