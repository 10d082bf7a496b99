"""The mathematical rows of the errata page: each test computes the slide's claim, and what is right."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.metrics.divergence import jensen_shannon_on_grid, kl_on_grid, kl_to_standard_normal
from gmcourse.metrics.likelihood import log_mean_exp
from gmcourse.models.vae import VAE, LinearGaussianVAE, reparameterise
from tests.models.linear_weights import log_weights

PAGE = Path(__file__).parents[1] / "book" / "errata.md"
STANDARD = Normal(0.0, 1.0)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_every_marked_row_has_its_test_and_no_row_is_lost():
    rows = re.findall(r"^\| (\d+)( ✓)? \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(int(number) for number, _ in rows) == list(range(1, 48))
    marked = {int(number) for number, mark in rows if mark}
    tested = {int(m[1]) for name in globals() if (m := re.match(r"test_row_(\d+)_", name))}
    assert marked == tested


def test_row_01_the_sign_of_the_kl():
    mean, std = 1.0, 0.5
    z = Normal(mean, std).sample((400_000,)).double()
    sampled = (Normal(mean, std).log_prob(z) - STANDARD.log_prob(z)).mean()
    right = kl_to_standard_normal(torch.tensor([mean]), torch.tensor([std**2]).log())
    assert sampled == pytest.approx(right.item(), abs=0.01)

    def slide(sigma):
        return -0.5 * (sigma + mean**2 - 1 - math.log(sigma))

    assert slide(std) == pytest.approx(-0.597, abs=1e-3)
    assert slide(std**2) == pytest.approx(-0.818, abs=1e-3)
    assert right.item() == pytest.approx(0.818, abs=1e-3)


def _small_vae():
    return VAE((1, 4, 4), latent_dim=3, hidden=(16,)).double()


def test_row_03_which_term_belongs_to_which_network():
    vae, x = _small_vae(), torch.rand(5, 1, 4, 4, dtype=torch.float64)
    vae.kl(*vae.encode(x)).mean().backward()
    assert all(p.grad is None or not p.grad.any() for p in vae.decoder.parameters())
    assert any(p.grad is not None and p.grad.any() for p in vae.encoder.parameters())


def test_row_05_the_squared_error_is_a_gaussian_of_variance_one_half():
    x, x_hat, kl = torch.randn(8, 6).double(), torch.randn(8, 6).double(), torch.rand(8).double()
    slide = (x - x_hat).square().sum(1) + kl

    def negative_elbo(variance, beta=1.0):
        return -Normal(x_hat, math.sqrt(variance)).log_prob(x).sum(1) + beta * kl

    constant = slide - negative_elbo(0.5)
    assert constant.std() < 1e-12
    # another variance is another weight: σ² = 0.1 with the KL as it is ~ the slide's with β = 2σ² = 0.2
    scaled = 2 * 0.1 * negative_elbo(0.1)
    assert (scaled - ((x - x_hat).square().sum(1) + 0.2 * kl)).std() < 1e-12


def test_row_07_the_gradient_reaches_the_encoder():
    vae, x = _small_vae(), torch.rand(5, 1, 4, 4, dtype=torch.float64)
    mean, log_var = vae.encode(x)
    vae.reconstruction(x, reparameterise(mean, log_var)).mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in vae.encoder.parameters())
    assert x.grad is None


def test_row_08_other_noise_stays_near_one_picture():
    vae, x = zoo.load("vae_digits_2d"), load("digits", "test").unit()
    mean, log_var = vae.encode(x)
    spread_of_q = (log_var / 2).exp().mean()
    assert spread_of_q < 0.25  # the prior's is 1
    assert mean.std(0).min() > 3 * spread_of_q


def test_row_09_a_bound_that_tightens_and_never_passes_the_truth():
    model = LinearGaussianVAE(data_dim=6, latent_dim=2, sigma=0.5).double().requires_grad_(False)
    x = torch.randn(200, 6, dtype=torch.float64)
    truth = model.log_evidence(x).mean()
    noises = [torch.randn(k, 200, 2, dtype=torch.float64) for k in (1, 10, 500)]
    bounds = [log_mean_exp(log_weights(model, x, noise), 0).mean() for noise in noises]
    assert bounds[0] < bounds[1] < bounds[2] < truth + 1e-9


def test_row_10_the_kl_wants_a_normal_not_an_even_spread():
    x = torch.linspace(-8, 8, 20_001, dtype=torch.float64)
    cell = float(x[1] - x[0])
    width = math.sqrt(3)  # a uniform of variance 1
    uniform = torch.where(x.abs() < width, -math.log(2 * width), -math.inf)
    assert kl_on_grid(uniform, STANDARD.log_prob(x), cell) > 0.17
    assert kl_to_standard_normal(torch.zeros(1), torch.zeros(1)) == 0


def test_row_15_the_value_of_the_game():
    x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    cell = float(x[1] - x[0])
    p, q = Normal(-1.0, 1.0).log_prob(x), Normal(1.5, 0.7).log_prob(x)

    def value(log_p, log_q):
        best = torch.sigmoid(log_p - log_q)  # D* = p / (p + q)
        return ((log_p.exp() * best.log()) + (log_q.exp() * (1 - best).clamp_min(1e-300).log())).sum() * cell

    assert value(p, p).item() == pytest.approx(-math.log(4), abs=1e-6)
    expected = -math.log(4) + 2 * jensen_shannon_on_grid(p, q, cell)
    assert value(p, q).item() == pytest.approx(expected.item(), abs=1e-5)


def test_row_21_demodulation_keeps_unit_variance():
    x = torch.randn(8, 16, 32, 32)
    weight, style = torch.randn(12, 16, 3, 3), torch.rand(16) * 4 + 0.1
    modulated = weight * style[:, None, None]
    demodulated = modulated / (modulated.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    inner = torch.nn.functional.conv2d(x, demodulated)
    assert inner.std((0, 2, 3)) == pytest.approx(torch.ones(12), abs=0.03)
    assert torch.nn.functional.conv2d(x, modulated).std() > 5


@pytest.mark.parametrize("k", [4, 8, 16])
def test_row_22_lazy_and_k_times_is_the_same_on_average(k):
    penalties = torch.rand(16 * 100, dtype=torch.float64)
    lazy = torch.where(torch.arange(len(penalties)) % k == 0, k * penalties, 0.0)
    assert lazy.mean() == pytest.approx(penalties.mean().item(), rel=0.12)
    assert penalties[::k].mean() == pytest.approx(lazy.mean().item())  # without the k it would be k times less
    c = k / (k + 1)
    # k + 1 updates with β^c forget as much as k updates with β
    assert (0.99**c) ** (k + 1) == pytest.approx(0.99**k)


def test_row_26_equal_mass_is_not_enough():
    x = torch.linspace(1e-4, 1 - 1e-4, 100_001, dtype=torch.float64)
    cell = float(x[1] - x[0])
    # z = x² for uniform z: p(x) = 2x. Another density of mass one, 3x², is wrong, and its mass does not show it.
    right, wrong = 2 * x, 3 * x.square()
    assert right.sum() * cell == pytest.approx(1, abs=1e-3)
    assert wrong.sum() * cell == pytest.approx(1, abs=1e-3)
    draws = torch.rand(200_000, dtype=torch.float64).sqrt()
    assert (draws < 0.5).double().mean() == pytest.approx(0.25, abs=0.005)  # ∫₀^½ 2x; 3x² would give 0.125


def test_row_27_the_direction_decides_the_sign():
    a, b = 2.0, 0.7  # z = f(x) = a x + b, with a standard normal z

    def log_p(x):
        return STANDARD.log_prob(a * x + b) + math.log(a)

    truth = Normal(-b / a, 1 / a)
    x = torch.randn(50)
    assert torch.allclose(log_p(x), truth.log_prob(x), atol=1e-5)
    other_sign = STANDARD.log_prob(a * x + b) - math.log(a)
    assert not torch.allclose(other_sign, truth.log_prob(x), atol=0.1)


def test_row_28_dequantisation_gives_a_bound():
    density = Normal(3.3, 1.4)
    pixels = torch.arange(0, 8, dtype=torch.float64)
    u = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    log_density = density.log_prob(pixels[:, None] + u)
    bound = log_density.mean(1)
    exact = (density.cdf(pixels + 1) - density.cdf(pixels)).log()
    assert (bound < exact).all()
    assert torch.allclose(torch.logsumexp(log_density, 1) - math.log(len(u)), exact, atol=1e-6)


def _couplings(count, dims=4):
    """Additive couplings with random networks; the halves alternate."""
    half = dims // 2
    nets = [nn.Sequential(nn.Linear(half, 9), nn.Tanh(), nn.Linear(9, half)).double() for _ in range(count)]

    def forward(x):
        first, second = x[:half], x[half:]
        for net in nets:
            first, second = second + net(first), first
        return torch.cat([first, second])

    return forward


def test_row_31_additive_coupling_changes_no_volume():
    x = torch.randn(4, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(_couplings(4), x)
    assert torch.linalg.det(jacobian).abs().item() == pytest.approx(1, abs=1e-10)
    s = torch.randn(4, dtype=torch.float64)
    scaled = torch.autograd.functional.jacobian(lambda v: s.exp() * _couplings(4)(v), x)
    assert torch.linalg.slogdet(scaled).logabsdet.item() == pytest.approx(s.sum().item(), abs=1e-10)


def test_row_33_three_couplings_let_all_depend_on_all():
    x = torch.randn(4, dtype=torch.float64)
    filled = {n: torch.autograd.functional.jacobian(_couplings(n), x).abs() > 1e-12 for n in (1, 2, 3, 4)}
    assert [bool(filled[n].all()) for n in (1, 2, 3, 4)] == [False, False, True, True]


def test_row_36_steps_of_glow():
    levels, steps = 6, 32
    blocks = [steps for _ in range(levels - 1)]  # each followed by a split
    last = steps
    assert sum(blocks) + last == levels * steps == 192


def test_row_38_a_scale_may_be_negative():
    s = torch.tensor([-2.0, 0.5, 3.0])
    truth = torch.linalg.slogdet(torch.diag(s)).logabsdet
    assert s.abs().log().sum() == pytest.approx(truth.item(), abs=1e-6)
    assert s.log().isnan().any()
    weight = torch.randn(5, 5, dtype=torch.float64)
    assert torch.linalg.slogdet(weight).logabsdet == pytest.approx(torch.linalg.det(weight).abs().log().item())


def test_row_40_temperature_is_a_power_of_one_over_its_square():
    x = torch.linspace(-12, 12, 40_001, dtype=torch.float64)
    temperature = 0.7

    def deviation(power):
        p = (power * STANDARD.log_prob(x)).exp()
        p = p / p.sum()
        return (p * x.square()).sum().sqrt().item()

    assert deviation(1 / temperature**2) == pytest.approx(temperature, abs=1e-6)
    assert deviation(temperature**2) == pytest.approx(1.429, abs=1e-3)
    assert kl_divergence(Normal(0.0, deviation(1 / temperature**2)), Normal(0.0, temperature)) < 1e-9


def test_row_46_a_density_that_prefers_strangers():
    train, test = load("digits").unit().flatten(1).double(), load("digits", "test").unit().flatten(1).double()
    covariance = torch.cov(train.T) + 1e-3 * torch.eye(64, dtype=torch.float64)
    normal = torch.distributions.MultivariateNormal(train.mean(0), covariance)
    own, washed_out = normal.log_prob(test), normal.log_prob(0.5 * test)
    area = (own[:, None] > washed_out[None]).double().mean()  # 1 would tell them apart, ½ is a coin
    assert area < 0.5
