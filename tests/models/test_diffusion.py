"""Diffusion: Bayes on a grid, each term of the bound by Monte Carlo, samplers and guidance against closed forms."""

import math

import pytest
import torch

from gmcourse.data import toy
from gmcourse.densities import COSINE, LINEAR, NoisedMixture, Path
from gmcourse.models import diffusion
from gmcourse.models.diffusion import Diffusion, bound, draw, elbo, times
from gmcourse.training import Minimize, fit
from tests.flows.cases import shake

REVERSED = Path(  # flow matching's path with the data at 0: nothing here needs α² + σ² = 1
    lambda t: 1 - t, lambda t: t, lambda t: -torch.ones_like(t), torch.ones_like
)
PATHS = {"cosine": COSINE, "linear": LINEAR, "straight": REVERSED}
every_path = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
MOONS = toy.load("two_moons")
EXACT = NoisedMixture(MOONS.centres.double(), MOONS.sigma)
S, T = 0.35, 0.6


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_normal(x, mean, variance):
    return -0.5 * ((x - mean).square() / variance + (2 * math.pi * variance).log())


@every_path
def test_the_chain_has_the_margins_of_the_path(path):
    """q(x_t | x_s) after q(x_s | x_0) is q(x_t | x_0)."""
    x = noise(4, 2)
    (alpha_s, sigma_s), (alpha_t, sigma_t) = path.at(S, x), path.at(T, x)
    factor, variance = diffusion.transition(path, S, T, x)
    assert torch.allclose(factor * alpha_s, alpha_t)
    assert torch.allclose((factor * sigma_s).square() + variance, sigma_t.square())


@every_path
def test_posterior_is_bayes_rule_on_a_grid(path):
    x_0, x_t, grid = noise(3, 1), noise(3, 1, seed=1), torch.linspace(-8, 8, 4001, dtype=torch.float64)
    alpha, sigma = path.at(S, x_0)
    factor, width = diffusion.transition(path, S, T, x_0)
    joint = log_normal(grid, alpha * x_0, sigma**2) + log_normal(x_t, factor * grid, width)
    weights = joint.softmax(1)
    mean, variance = diffusion.posterior(path, x_t, x_0, S, T)
    by_grid = (weights * grid).sum(1, keepdim=True)
    assert torch.allclose(mean, by_grid, atol=1e-9)
    spread = (weights * (grid - by_grid).square()).sum(1, keepdim=True)
    assert torch.allclose(variance.expand(3, 1), spread, atol=1e-9)


@every_path
@pytest.mark.parametrize("predicts", ["noise", "data", "v"])
def test_each_prediction_gives_data_and_noise(path, predicts):
    x, e, t = noise(5, 1, 2, 2), noise(5, 1, 2, 2, seed=1), torch.linspace(0.1, 0.9, 5, dtype=torch.float64)
    output = diffusion.target(path, predicts, x, e, t)
    found = diffusion.denoised_and_noise(path, predicts, path.mix(x, e, t), output, t)
    assert all(torch.allclose(one, other) for one, other in zip(found, (x, e), strict=True))


@every_path
@pytest.mark.parametrize("variance", ["small", "large", "best"])
def test_a_term_is_its_kl_by_monte_carlo(path, variance):
    x_0, x_t, guess, n = noise(2, 3), noise(2, 3, seed=1), noise(2, 3, seed=2), 200_000
    mean, small = diffusion.posterior(path, x_t, x_0, S, T)
    other, _ = diffusion.posterior(path, x_t, guess, S, T)
    best = small + (mean - other).square().mean()
    width = {"small": small, "large": diffusion.transition(path, S, T, x_t)[1], "best": best}[variance]
    x_s = mean + small.sqrt() * noise(n, 2, 3, seed=3)
    each = (log_normal(x_s, mean, small) - log_normal(x_s, other, width)).sum(2)
    kl = diffusion.step_kl(path, x_0, x_t, guess, S, T, variance)
    assert ((kl - each.mean(0)).abs() < 5 * each.std(0) / n**0.5).all()
    if variance == "small":
        snr = path.log_snr(torch.tensor([S, T], dtype=torch.float64)).exp()
        assert torch.allclose(kl, 0.5 * (snr[0] - snr[1]) * (x_0 - guess).square().sum(1))


def test_spacings():
    for path in (COSINE, LINEAR):
        grid = torch.tensor(times(20, spacing="snr", path=path, highest=6.0), dtype=torch.float64)
        assert torch.allclose(path.log_snr(grid[1:]), torch.linspace(6.0, float(path.log_snr(grid)[-1]), 20).double())
        assert grid[0] == 0
        assert grid[-1] == 1
    assert times(4) == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("variance", ["small", "large", "best"])
def test_the_bound_holds_and_tightens(variance):
    """The same points in both: the mean of the bound stays below log p, and comes nearer with more steps."""
    x = MOONS.sample(400, torch.Generator().manual_seed(0)).double()
    log_p, gaps = toy.Gaussians(MOONS.centres.double(), MOONS.sigma).log_prob(x), []
    for steps in (10, 100):
        grid, generator = times(steps, spacing="snr"), torch.Generator().manual_seed(1)
        terms = bound(EXACT.posterior_mean, x, grid, variance=variance, generator=generator)
        assert terms.shape == (steps + 1, 400)
        gap = terms.sum(0) + log_p
        gaps.append(float(gap.mean()))
        assert gaps[-1] > -4 * float(gap.std()) / 20
    assert gaps[1] < gaps[0] - 0.2


def test_the_best_variance_is_that_of_the_paper():
    """β̃ + c² (1 − σ_t² E‖∇log p_t‖²/D) σ_t²/α_t², c the factor of x̂_0: Bao et al. 2022; and no term is above it."""
    x_0 = MOONS.sample(20_000, torch.Generator().manual_seed(0)).double()
    x_t = COSINE.mix(x_0, noise(20_000, 2), T)
    guess = EXACT.posterior_mean(x_t, T)
    small, best, large = (
        diffusion.step_kl(COSINE, x_0, x_t, guess, S, T, each).mean() for each in ("small", "best", "large")
    )
    (mean, narrow), (other, _) = (diffusion.posterior(COSINE, x_t, x, S, T) for x in (x_0, guess))
    (alpha, sigma), (gain, _) = COSINE.at(T, x_0), diffusion.posterior(COSINE, 0 * x_0, 0 * x_0 + 1, S, T)
    left = 1 - sigma**2 * EXACT.score(x_t, T).square().mean()
    paper = narrow + gain[0, 0] ** 2 * (sigma / alpha) ** 2 * left
    assert float((narrow + (mean - other).square().mean()) / paper) == pytest.approx(1, abs=0.02)
    assert best < min(small, large)
    assert float(best) == pytest.approx(float((paper / narrow).log()), rel=0.02)  # D/2 · log of the ratio, D = 2


def test_merged_levels_have_the_sum_of_their_masses():
    levels = torch.linspace(-1, 1, 8, dtype=torch.float64)[:, None]
    for guess in (-1.3, 0.1, 0.9):
        fine, coarse = (
            bound(lambda x, t, g=guess: torch.full_like(x, g), levels, [0.0, 0.1], levels=8, merged=merged)[0]
            for merged in (1, 4)
        )
        four = (-fine).exp().reshape(2, 4).sum(1, keepdim=True).expand(2, 4).flatten()
        assert torch.allclose((-coarse).exp(), four, atol=1e-10)


def test_the_bound_of_whole_numbers_sums_to_one():
    """With one step and a denoiser that sees nothing, L_0 is a distribution over the levels."""
    levels = torch.linspace(-1, 1, 5, dtype=torch.float64)[:, None]
    for guess in (-0.9, -0.1, 0.1, 1.2):
        terms = bound(lambda x, t, guess=guess: torch.full_like(x, guess), levels, [0.0, 0.05], levels=5)
        assert abs(float((-terms[0]).exp().sum()) - 1) < 1e-9
        assert int(terms[0].argmin()) == int((levels[:, 0] - guess).abs().argmin())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_levels_far_from_what_was_denoised_have_their_mass_and_slope(dtype):
    """Masses far below what the dtype can hold, against a sum over the interval in logarithms; the outer ones too."""
    x = torch.linspace(-1, 1, 5, dtype=dtype)
    mean = torch.tensor([0.9, 1.3, -1.2, 0.02, -0.9], dtype=dtype, requires_grad=True)
    variance = torch.tensor(4e-4, dtype=dtype, requires_grad=True)
    found = elbo._log_levels(x, mean, variance, 5, 1)
    low, high = x.double() - 0.25, x.double() + 0.25
    low[0], high[-1] = -3, 3
    places = (torch.arange(4000, dtype=torch.float64)[:, None] + 0.5) / 4000 * (high - low) + low
    m, v = (each.detach().double().requires_grad_() for each in (mean, variance))
    wanted = log_normal(places, m, v).logsumexp(0) + ((high - low) / 4000).log()
    assert float(wanted.detach().min()) < -2000
    assert torch.allclose(found.double(), wanted, rtol=1e-4)
    slopes = (torch.autograd.grad(each.sum(), of) for each, of in ((found, (mean, variance)), (wanted, (m, v))))
    for a, b in zip(*slopes, strict=True):
        assert torch.allclose(a.double(), b, rtol=2e-3, atol=2e-3), (a, b)


@every_path
def test_ddim_is_exact_on_one_data_point(path):
    """All noise there is came from one place, so any grid leads back to it, along one straight mix."""
    point = torch.tensor([[0.7, -1.2]], dtype=torch.float64)
    one = NoisedMixture(point, 0.0, path)
    e = noise(6, 2)
    x_t = path.mix(point.expand(6, 2), e, 0.9)
    half = draw(one.posterior_mean, x_t, [0.4, 0.9], path=path)
    assert torch.allclose(half, path.mix(point.expand(6, 2), e, 0.4))
    assert torch.allclose(draw(one.posterior_mean, x_t, [0.0, 0.3, 0.9], path=path), point.expand(6, 2))


@pytest.mark.parametrize(("sampler", "far"), [("ddim", 0.03), ("small", 0.04), ("large", 0.04)])
def test_samplers_reach_a_known_normal(sampler, far):
    width = 0.6
    exact = NoisedMixture(torch.zeros(1, 1, dtype=torch.float64), width)
    generator = torch.Generator().manual_seed(5)
    x = draw(exact.posterior_mean, noise(20_000, 1), times(100), sampler=sampler, generator=generator)
    assert abs(float(x.std()) - width) < far * width
    assert abs(float(x.mean())) < 5 * width / 20_000**0.5


def test_the_random_chain_has_the_right_variance_of_each_step():
    """One step of a normal from t to s with β̃: its variance is known in closed form."""
    exact, x_t = (
        NoisedMixture(torch.zeros(1, 1, dtype=torch.float64), 0.6),
        torch.full((40_000, 1), 0.8).double(),
    )
    mean, small = diffusion.posterior(COSINE, x_t, exact.posterior_mean(x_t, T), S, T)
    for sampler, variance in (("small", small), ("large", diffusion.transition(COSINE, S, T, x_t)[1])):
        # the grid goes on to 0.3, so that the step to S is not the last
        seen = []

        def spy(x, t, seen=seen):
            seen.append(x)
            return exact.posterior_mean(x, t)

        draw(spy, x_t, [0.3, S, T], sampler=sampler, generator=torch.Generator().manual_seed(6))
        assert abs(float(seen[1].var() / variance) - 1) < 0.05
        assert abs(float(seen[1].mean() - mean[0])) < 5 * float(variance.sqrt()) / 200


@pytest.mark.parametrize("w", [0.0, 1.0, 3.0])
def test_guidance_is_not_the_tilted_density(w):
    """p = N(0, 1), p(·|c) = N(0, s²): the guided ODE has variance s^(2(1+w)), the tilted density s²/(1+w−ws²)."""
    s2, origin = 0.5, torch.zeros(1, 1, dtype=torch.float64)
    whole, part = NoisedMixture(origin, 1.0), NoisedMixture(origin, s2**0.5)

    def guided(x, t):
        return (1 + w) * part.posterior_mean(x, t) - w * whole.posterior_mean(x, t)

    variance = float(draw(guided, origin + 1, times(2000))) ** 2
    tilted = s2 / (1 + w - w * s2)
    assert abs(variance / s2 ** (1 + w) - 1) < 0.01
    assert (abs(variance / tilted - 1) < 0.01) == (w == 0)


def test_training_finds_the_denoiser():
    torch.manual_seed(0)
    model = Diffusion((2,), width=64, depth=2, turns=4)
    step = Minimize(model.loss, model, torch.optim.Adam(model.parameters(), lr=3e-3))
    fit(step, lambda generator, n: MOONS.sample(n, generator), steps=300, batch_size=256, progress=False)
    x = COSINE.mix(MOONS.sample(2000), torch.randn(2000, 2), 0.5)
    best, zero = EXACT.posterior_mean(x.double(), 0.5), x / COSINE.at(0.5, x)[0]
    error = [(guess.double() - best).square().mean() for guess in (model.denoiser()(x, 0.5), zero)]
    assert error[0] < 0.05 * error[1]


def test_classes_and_guidance():
    model = shake(Diffusion((3,), classes=2, predicts="v", width=8, depth=1))
    x, y, t = torch.randn(4, 3), torch.tensor([0, 1, 1, 0]), 0.4
    told, not_told = model.denoiser(y)(x, t), model.denoiser()(x, t)
    assert torch.allclose(model.denoiser(y, 2.0)(x, t), 3 * told - 2 * not_told, atol=1e-5)
    torch.manual_seed(0)
    hidden = model.loss(x, y, without=1.0).item()
    torch.manual_seed(0)
    assert model.loss(x, 1 - y, without=1.0).item() == pytest.approx(hidden)
    assert model.sample(4, steps=3, y=y, guidance=1.0).shape == (4, 3)
    with pytest.raises(ValueError, match="without is 2"):
        model.loss(x, y, without=2.0)


@pytest.mark.parametrize("grid", [[0.5], [0.0, 0.6, 0.4], [0.0, 0.0, 1.0]])
def test_a_grid_has_to_grow(grid):
    with pytest.raises(ValueError, match="grow"):
        draw(EXACT.posterior_mean, noise(2, 2), grid)
    with pytest.raises(ValueError, match="grow"):
        bound(EXACT.posterior_mean, noise(2, 2), grid)
