"""Paths from data to noise: their derivatives, and the exact score, denoiser and velocity of mixtures on them."""

import math

import pytest
import torch

from gmcourse.data import toy
from gmcourse.densities import COSINE, LINEAR, STRAIGHT, NoisedMixture, Path, posterior_mean

PATHS = {"cosine": COSINE, "linear": LINEAR, "straight": STRAIGHT}
WIDENING = Path(torch.ones_like, lambda t: t, torch.zeros_like, torch.ones_like)
MOONS = toy.load("two_moons")
X = torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
T = torch.linspace(0.03, 0.97, 40, dtype=torch.float64)  # one for each point
every_path = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
both_widths = pytest.mark.parametrize("width", [MOONS.sigma, 0.0])


def grad(y, x):
    return torch.autograd.grad(y.sum(), x, create_graph=True)[0]


def noised(path, width=MOONS.sigma):
    return NoisedMixture(MOONS.centres.double(), width, path)


@every_path
def test_derivatives_and_ends(path):
    t = T.clone().requires_grad_()
    for value, rate in ((path.alpha, path.alpha_rate), (path.sigma, path.sigma_rate)):
        assert torch.allclose(grad(value(t), t), rate(t), atol=1e-12)
    x, noise = X[:3], X[3:6]
    data_at = float(path is STRAIGHT)
    assert torch.allclose(path.mix(x, noise, data_at), x)
    assert torch.allclose(path.mix(x, noise, 1.0 - data_at), noise, atol=0.02)
    assert torch.allclose(path.log_snr(T), (path.alpha(T) / path.sigma(T)).square().log())
    if path is not STRAIGHT:
        assert torch.allclose(path.alpha(T).square() + path.sigma(T).square(), torch.ones_like(T))
        assert abs(float(path.log_snr(torch.ones(1))) + 10) < 0.1


@every_path
def test_velocity_is_the_derivative_of_the_mix(path):
    t = T[:20].clone().requires_grad_()
    x, noise = X[:20], X[20:]
    change = torch.stack([grad(path.mix(x, noise, t)[:, i], t) for i in range(2)], 1)
    assert torch.allclose(path.velocity(x, noise, t), change, atol=1e-12)


@every_path
@both_widths
def test_score_is_the_gradient_of_the_log_density(path, width):
    x = X.clone().requires_grad_()
    expected = grad(noised(path, width).log_prob(x, T), x)
    assert torch.allclose(noised(path, width).score(X, T), expected, rtol=1e-8, atol=1e-9)


@every_path
@both_widths
def test_continuity(path, width):
    """∂p/∂t + ∇·(p v) = 0, divided by p: nothing is lost while the velocity carries the density."""
    mixture = noised(path, width)
    x, t = X.clone().requires_grad_(), T.clone().requires_grad_()
    velocity = mixture.velocity(x, t)
    divergence = sum(grad(velocity[:, i], x)[:, i] for i in range(2))
    left = grad(mixture.log_prob(x, t), t) + divergence + (velocity * mixture.score(x, t)).sum(1)
    assert torch.allclose(left, torch.zeros_like(left), atol=1e-7 * float(divergence.detach().abs().max()))


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_posterior_mean_on_a_grid(t):
    """Bayes' rule without the closed form: prior times likelihood, added up over the plane."""
    ticks = torch.linspace(-4, 4, 201, dtype=torch.float64)
    clean = torch.cartesian_prod(ticks, ticks)
    alpha, sigma = COSINE.at(t, X)
    prior = toy.Gaussians(MOONS.centres.double(), MOONS.sigma).log_prob(clean)
    likelihood = -0.5 * torch.cdist(X, alpha * clean).square() / sigma**2
    by_grid = (prior + likelihood).softmax(1) @ clean
    assert torch.allclose(noised(COSINE).posterior_mean(X, t), by_grid, atol=1e-6)
    evidence = (prior + likelihood).logsumexp(1) + math.log(0.04**2) - (2 * math.pi * sigma**2).log()[0, 0]
    assert torch.allclose(noised(COSINE).log_prob(X, t), evidence, atol=1e-6)


def test_tweedies_formula():
    mixture = noised(WIDENING)
    by_score = posterior_mean(lambda x: mixture.log_prob(x, 0.4), X, 0.4)
    assert torch.allclose(by_score, mixture.posterior_mean(X, 0.4))


def test_a_finite_set_needs_noise():
    assert noised(COSINE).log_prob(X, 0.0).isfinite().all()
    with pytest.raises(ValueError, match="without noise"):
        noised(COSINE, 0.0).score(X, 0.0)
