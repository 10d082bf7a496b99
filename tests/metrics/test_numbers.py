"""Numbers that can be trusted: wherever the origin is, in any order, at the ends of a dtype."""

import math

import pytest
import torch

from gmcourse.densities import Mixture, Normal
from gmcourse.metrics import diversity, frechet, likelihood, reconstruction
from gmcourse.metrics.divergence import (
    jensen_shannon_on_grid,
    kl_normal,
    kl_on_grid,
    kl_to_standard_normal,
)
from gmcourse.metrics.likelihood import auroc
from gmcourse.metrics.perceptual import filtered_mean


def draws(*shape, seed=0):
    """Normal numbers on a grid of 1/256: float32 holds them exactly, and 10,000 more than them too."""
    return (256 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))).round() / 256


X, Y = draws(60, 5), draws(50, 5, seed=1)
LABELS = torch.arange(60) % 3
FAR = 10_000.0
METRICS = {
    "frechet": lambda x, y: frechet.frechet_distance(x, y),
    "precision and recall": lambda x, y: diversity.precision_recall(x, y),
    "radii": lambda x, y: float(diversity.neighbour_radii(x).sum()),
    "purity": lambda x, y: diversity.neighbour_purity(x, LABELS),
    "modes": lambda x, y: diversity.modes_and_quality(x, y, 0.3),
    "parzen": lambda x, y: float(likelihood.parzen_log_prob(x, y, 0.1).sum()),
    "auroc": lambda x, y: auroc(x[:, 0], y[:, 0]),
    "mean and error": lambda x, y: likelihood.mean_and_error(x[:, 0] - y.mean()),
    "high frequencies": lambda x, y: float(
        reconstruction.high_frequency_energy(x.reshape(3, 1, 10, 10).double()).sum()
    ),
    "filtered": lambda x, y: filtered_mean(x[:, 0]) - float(y.double().mean()),
}


@pytest.mark.parametrize("name", METRICS)
def test_the_origin_does_not_matter(name):
    if name == "mean and error":
        pytest.skip("a mean moves with the origin")
    near, far = METRICS[name](X, Y), METRICS[name](X + FAR, Y + FAR)
    assert far == pytest.approx(near, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("name", [name for name in METRICS if name not in ("purity", "high frequencies")])
def test_the_order_does_not_matter(name):
    assert METRICS[name](X.flip(0), Y.roll(7, 0)) == pytest.approx(METRICS[name](X, Y), rel=1e-6, abs=1e-9)


def test_equal_points_lie_at_distance_nothing():
    x = torch.rand(40, 3, generator=torch.Generator().manual_seed(0)) + FAR
    assert (diversity.distances(x, x.clone()).diagonal() == 0).all()


DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_arguments_differ_by_exactly_nothing(dtype):
    mean, log_var = draws(4, 3).to(dtype), 4 * draws(4, 3, seed=1).to(dtype)
    zero = torch.zeros(3, dtype=dtype)
    assert kl_to_standard_normal(zero, zero) == 0
    assert (kl_normal(mean, log_var, mean, log_var) == 0).all()
    narrow = torch.full_like(mean, -60.0)
    assert (kl_normal(mean, narrow, mean, narrow) == 0).all()
    log_p = (-0.5 * torch.linspace(-5, 5, 101).square()).to(dtype)
    assert kl_on_grid(log_p, log_p, 0.1) == 0
    assert jensen_shannon_on_grid(log_p, log_p, 0.1) == 0
    assert (likelihood.log_mean_exp(mean[:1].expand(7, 3), 0) == mean[0]).all()
    pictures = draws(1, 3, 12, 12).abs().clamp(0, 1).to(dtype)
    assert reconstruction.ssim(pictures, pictures) == 1
    assert reconstruction.psnr(pictures, pictures).isinf()


def agrees(function, arguments, dtype, least=0.1):
    """Value and gradients against float64, to a few steps of the dtype; the unit is the largest where least is 0."""
    coarse = [a.detach().clone().to(dtype).requires_grad_() for a in arguments]
    fine = [a.detach().double().requires_grad_() for a in coarse]
    values = [function(*coarse), function(*fine)]
    for value in values:
        value.sum().backward()
    assert values[0].dtype == dtype
    pairs = [tuple(values), *((a.grad, b.grad) for a, b in zip(coarse, fine, strict=True))]
    for found, truth in pairs:
        off = (found.detach().double() - truth.detach()).abs() / (
            truth.detach().abs().clamp_min(least) if least else truth.detach().abs().max()
        )
        assert float(off.max()) < 16 * torch.finfo(dtype).eps, (found, truth)


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("log_var", [-40.0, -6.0, -0.01, 0.0, 0.01, 6.0, 40.0])
def test_kl_at_the_ends_of_its_range(dtype, log_var):
    if dtype == torch.float16 and abs(log_var) > 6:
        pytest.skip("its largest number is 65,504, and e⁴⁰ is larger")
    mean = torch.tensor([0.0, 0.1, -3.0])
    agrees(kl_to_standard_normal, [mean, torch.full_like(mean, log_var)], dtype)
    other = torch.full_like(mean, -log_var / 4)
    agrees(kl_normal, [mean, torch.full_like(mean, log_var), mean + 0.5, other], dtype)


@pytest.mark.parametrize("log_var", [1e-5, -1e-4, 1e-3])
def test_a_kl_of_nearly_nothing_has_digits(log_var):
    v = torch.tensor([log_var])
    truth = v.double().square() / 4 + v.double() ** 3 / 12 + v.double() ** 4 / 48
    assert float(kl_to_standard_normal(torch.zeros(1), v)) == pytest.approx(float(truth), rel=1e-6)
    assert float(kl_normal(torch.ones(1), v, torch.ones(1), torch.zeros(1))) == pytest.approx(float(truth), rel=1e-6)


def test_a_narrow_normal_beside_its_own_mean():
    """exp(200) is no float32, but it is multiplied by nothing here."""
    mean = torch.zeros(2, requires_grad=True)
    kl = kl_normal(mean, torch.full((2,), -200.0), torch.zeros(2), torch.full((2,), -200.0))
    kl.backward()
    assert float(kl) == 0
    assert mean.grad.isfinite().all()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_log_densities_of_any_scale(scale):
    chol = scale * (draws(3, 3).tril(-1) + torch.eye(3))
    mean, x = scale * draws(3), scale * torch.cat([draws(9, 3, seed=2), 1000 * draws(2, 3, seed=3)])
    weights, means = torch.tensor([0.9, 0.1]).log(), torch.stack([mean, -mean])
    chols = torch.stack([chol, 2 * chol])

    def normal(mean, chol, x):
        return Normal(mean, chol.tril()).log_prob(x)

    def mixture(weights, means, chols, x):
        return Mixture(weights, means, chols.tril()).log_prob(x)

    agrees(normal, [mean, chol, x], torch.float32, least=0)
    agrees(mixture, [weights, means, chols, x], torch.float32, least=0)


def test_a_mixture_of_equals_is_its_component():
    normal = Normal(draws(3), torch.eye(3))
    one = Mixture(torch.zeros(1), normal.mean[None], normal.chol[None])
    x = draws(9, 3, seed=1)
    assert torch.equal(one.log_prob(x), normal.log_prob(x))


@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_units_in_every_dtype(dtype):
    nats = -torch.tensor([0.0, 1.5, 30_000.0])
    agrees(lambda x: likelihood.bits_per_dim(x, 196_608), [nats], dtype, least=1e-30)
    agrees(likelihood.nats_to_bits, [nats], dtype)
    agrees(lambda x: likelihood.log_mean_exp(x, 0), [nats / 10], dtype, least=1e-1)


def test_a_divergence_knows_certainty_and_impossibility():
    p, q = torch.tensor([0.0, -math.inf]), torch.tensor([-math.inf, 0.0])
    p.requires_grad_()
    jsd = jensen_shannon_on_grid(p, q, 1.0)
    jsd.backward()
    assert float(jsd) == pytest.approx(math.log(2), abs=1e-7)
    assert p.grad[0].isfinite()
    assert kl_on_grid(p, q, 1.0) == math.inf
    assert kl_on_grid(p, torch.zeros(2), 1.0) == 0
