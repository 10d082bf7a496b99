"""Metrics: the reference numbers, the definitions done by hand, and bad input."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from gmcourse.metrics import divergence, diversity, frechet, likelihood, reconstruction
from tests.conftest import assert_close


def test_kl_agrees_with_the_reference(golden):
    g = golden("vae_a")
    a, b = (
        (g.x("kl_mu")[:, None], g.x("kl_logvar")[:, None]),
        (g.x("kl2_mu")[:, None], g.x("kl2_logvar")[:, None]),
    )
    assert_close(divergence.kl_to_standard_normal(*a), g.out("kl_to_standard_normal"))
    assert_close(divergence.kl_normal(*a, *b), g.out("kl_between"))
    assert_close(divergence.kl_normal(*b, *a), g.out("kl_between_reversed"))


def test_kl_by_monte_carlo_against_torch():
    mean, cov = torch.tensor([1.0, -1.0]).double(), torch.tensor([[2.0, 0.3], [0.3, 0.5]]).double()
    p, q = MultivariateNormal(mean, cov), MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    torch.manual_seed(0)
    estimate, error = divergence.kl_monte_carlo(p.log_prob, q.log_prob, p.sample((50_000,)))
    assert abs(estimate - float(kl_divergence(p, q))) < 4 * error


def test_divergences_on_a_grid():
    x = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    p = Normal(torch.zeros(()).double(), torch.ones(()).double())
    q = Normal(torch.ones(()).double(), 2 * torch.ones(()).double())
    cell = float(x[1] - x[0])
    kl = divergence.kl_on_grid(p.log_prob(x), q.log_prob(x), cell)
    assert abs(float(kl) - float(kl_divergence(p, q))) < 1e-6
    far = Normal(torch.tensor(50.0).double(), 1.0)
    wide = torch.linspace(-10, 60, 8001, dtype=torch.float64)
    jsd = divergence.jensen_shannon_on_grid(p.log_prob(wide), far.log_prob(wide), float(wide[1] - wide[0]))
    assert abs(float(jsd) - math.log(2)) < 1e-6


def test_frechet_agrees_with_the_reference(golden):
    g = golden("metrics_a")
    a, b, small = g.x("feat1"), g.x("feat2"), g.x("feat_small")
    for unbiased, name in ((False, "ddof0"), (True, "ddof1")):
        assert_close(frechet.frechet_distance(a, b, unbiased=unbiased), g.out(f"frechet_{name}"))
        assert_close(frechet.frechet_distance(small, b, unbiased=unbiased), g.out(f"frechet_rank_deficient_{name}"))
    mean, cov = frechet.mean_and_covariance(a, unbiased=False)
    assert_close(mean, g.out("mean1"))
    assert_close(cov, g.out("cov1_ddof0"))


def test_frechet_of_equal_sets_and_of_a_shift():
    x = torch.randn(50, 4)
    assert frechet.frechet_distance(x, x) < 1e-9
    assert abs(frechet.frechet_distance(x, x + 2) - 16) < 1e-4


def test_psnr_and_ssim_agree_with_the_reference(golden):
    g = golden("metrics_a")
    x, y = ((g.x(n).double() / 255).permute(2, 0, 1)[None] for n in ("img1", "img2"))
    assert_close(reconstruction.psnr(x, y)[0], g.out("psnr_float"))
    assert_close(reconstruction.psnr(255 * x, 255 * y, 255)[0], g.out("psnr_uint8"))
    assert_close(reconstruction.ssim(x, y, window="uniform")[0], g.out("ssim_skimage_default_float"))
    assert_close(reconstruction.ssim(255 * x, 255 * y, 255, "uniform")[0], g.out("ssim_skimage_default_uint8"))
    wang = {1.0: reconstruction.ssim(x, y), 255.0: reconstruction.ssim(255 * x, 255 * y, 255)}
    assert min(abs(float(v) - float(g.out("ssim_wang_gaussian"))) for v in wang.values()) < 1e-6


def test_equal_images():
    x = torch.rand(1, 3, 12, 12)
    assert reconstruction.psnr(x, x).isinf().all()
    assert_close(reconstruction.ssim(x, x), torch.ones(1), 1e-6)


def test_low_resolution_consistency_and_high_frequencies():
    pool = torch.nn.AvgPool2d(2)
    x = torch.rand(2, 3, 8, 8)
    assert reconstruction.lr_psnr(x, pool(x), pool).isinf().all()
    stripes = torch.tensor([0.0, 1.0]).repeat(4).expand(1, 1, 8, 8)
    assert_close(reconstruction.high_frequency_energy(stripes), torch.tensor([0.25]), 1e-6)
    assert reconstruction.high_frequency_energy(torch.ones(1, 1, 8, 8)) < 1e-9


def test_precision_and_recall_agree_with_the_reference(golden):
    g = golden("metrics_a")
    real, generated, k = g.x("pr_real"), g.x("pr_gen"), g.config["k"]
    assert_close(diversity.neighbour_radii(real, k), g.out("radii_real"))
    assert_close(diversity.neighbour_radii(generated, k), g.out("radii_gen"))
    precision, recall = diversity.precision_recall(real, generated, k)
    assert precision == pytest.approx(float(g.out("precision")))
    assert recall == pytest.approx(float(g.out("recall")))


@pytest.mark.parametrize("how", ["apart", "far away", "copies", "on a grid", "two heaps"])
def test_neighbours_are_those_of_differences(how):
    """Products are fast and inexact: where that could change an answer, differences decide."""
    a, b = torch.randn(120, 5).double(), torch.randn(90, 5).double()
    if how == "far away":
        a, b = a + 1e8, b + 1e8
    if how == "copies":
        b = a[:90].clone()
    if how == "on a grid":
        a, b = a.round(), b.round()
    if how == "two heaps":
        a, b = (torch.cat([x[:40] * 1e-6, 1e6 + x[40:] * 1e-6]) for x in (a, b))
    radii = {id(x): diversity.distances(x, x).kthvalue(4, dim=1).values for x in (a, b)}
    assert torch.equal(diversity.neighbour_radii(a), radii[id(a)])
    shares = [float((diversity.distances(x, y) <= radii[id(y)]).any(1).double().mean()) for x, y in ((b, a), (a, b))]
    assert diversity.precision_recall(a, b) == tuple(shares)


def test_neighbours():
    clusters = torch.cat([torch.randn(20, 2), torch.randn(20, 2) + 100])
    labels = torch.arange(40) // 20
    assert diversity.neighbour_purity(clusters, labels) == 1.0


def test_which_of_equally_far_neighbours_comes_first_does_not_matter():
    """Of whole numbers, many are; the purity of three heaps of equal points was between 0.50 and 0.53."""
    heaps = torch.arange(300)[:, None] % 3
    labels = torch.randint(0, 2, (300,), generator=torch.Generator().manual_seed(0))
    shares = [(labels[heaps[:, 0] == heap] == label).sum() for heap in range(3) for label in range(2)]
    pairs = sum(int(n * (n - 1)) for n in shares)
    for order in (torch.arange(300), torch.arange(300).flip(0), torch.randperm(300)):
        found = diversity.neighbour_purity(heaps[order].double(), labels[order], 10)
        assert found == pytest.approx(pairs / (300 * 99), rel=1e-12)


def test_units():
    assert_close(likelihood.nats_to_bits(torch.tensor(math.log(8.0))), 3.0, 1e-6)
    uniform = torch.tensor(-192 * math.log(256.0)).double()
    assert_close(likelihood.bits_per_dim(uniform, 192), 8.0, 1e-6)
    mean, error = likelihood.mean_and_error(torch.tensor([1.0, 3.0]))
    assert (mean, error) == (2.0, 1.0)
    assert_close(likelihood.log_mean_exp(torch.full((4, 2), 1000.0), 0), torch.full((2,), 1000.0), 1e-6)


def test_precision_and_recall_of_six_points_on_a_line():
    real, made = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[1.9], [2.0], [9.0]])
    assert diversity.neighbour_radii(real, 1).tolist() == [1.0, 1.0, 2.0]
    precision, recall = diversity.precision_recall(real, made, k=1)
    assert precision == pytest.approx(2 / 3)  # 9 is 6 away from 3, whose ball reaches 2 far
    assert recall == pytest.approx(1 / 3)  # only 3 lies in a ball, that of 9


def test_a_log_density_of_another_shape_is_refused():
    """(n, 1) less (n,) was (n, n), and its mean the mean over all pairs."""
    with pytest.raises(ValueError, match=r"log_p\(samples\) has shape \(5, 1\)"):
        divergence.kl_monte_carlo(lambda x: x, lambda x: x[:, 0], torch.zeros(5, 1))


def test_a_downsampling_that_gives_nothing_is_named():
    with pytest.raises(ValueError, match=r"downsample\(x\) is None; expected a torch.Tensor \(2, 3, 4, 4\)"):
        reconstruction.lr_psnr(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 4, 4), lambda x: None)
